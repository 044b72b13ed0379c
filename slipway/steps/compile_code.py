"""Compiles the bytecode of the release's own code, which the app's user cannot write later."""

from __future__ import annotations

import re

from slipway.core.shell import Script, sh
from slipway.model.step import Target


def compile_code(target: Target) -> Script:
    """Compile while the next steps go on; sets `compiling`, and `steps.venv.compiled` waits for it.

    No link is followed, neither to a file nor to a folder: it could lead to another app's code, which the account that
    deploys may read, and whose bytecode it may write. What is about to become a link to `shared/` is left out, too.
    """
    app = target.paths.app
    skipped = [word for place in target.shared_places for word in ("-o", "-path", _literally(f"{app}/{place.path}"))]
    return sh(
        """
find -P {{app}} \\( -name __pycache__ {{skipped}} \\) -prune -o -type f -name '*.py' -print0 |
  xargs -0r "$python" -I -S -m compileall -q > /dev/null &
compiling=$!""",
        app=app,
        skipped=skipped,
    )


def _literally(path: str) -> str:
    """A pattern that matches this path alone."""
    return re.sub(r"([*?\[\\])", r"\\\1", path)
