"""Uploads built files that git ignores into the release, by rsync: only differences travel."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from urllib.parse import quote

from slipway.core.shell import join, sh
from slipway.model.step import Step, Target, Upload
from slipway.steps.shared_links import IS_PLAIN

LONGEST = 255  # characters that a name may have


def place(target: Target) -> Step:
    """Put the uploads into the release, as hardlinks: rsync replaces files and never writes into them.

    Bytecode among them is left out: the release compiles its own, and a link must not be in its way.

    What was built here for the release that runs is not built again for a change of its settings: it is there.
    """
    app = target.app
    again = target.operation != "deploy" and bool(app.build.local)
    scripts = [
        sh(
            """
is_plain {{app}} {{path}} || fail {{cannot}}" $obstacle"
rm -rf -- {{place}}
mkdir -p -- {{folder}}
cp -al -- {{kept}} {{place}}
find {{place}} -name __pycache__ -prune -exec rm -rf -- {} +""",
            app=target.paths.app,
            path=path,
            cannot=f"what is sent cannot be put to {path}:",
            kept=target.layout.current / "app" / path if again else _kept(target, path),
            place=target.paths.app / path,
            folder=(target.paths.app / path).parent,
        )
        for path in app.uploads
    ]
    folder = target.source.built or app.source
    uploads = tuple(Upload(folder / path, _kept(target, path)) for path in app.uploads if not again)
    # rsync makes it as the login's umask says, and it is for no other account to list
    closed = sh("[[ ! -d {{kept}} ]] || chmod 2750 {{kept}}", kept=target.layout.uploads)
    script = join([closed, IS_PLAIN, *scripts] if scripts else [])
    return Step("uploads", "send built files", script, uploads=uploads)


def _kept(target: Target, path: str) -> PurePosixPath:
    """Where the host keeps what was sent last: side by side, so that none is reached through what another one holds.

    Names are of letters, digits and `%._-~` alone, which no shell takes for anything else.
    """
    name = quote(path, safe="")
    return target.layout.uploads / (name if len(name) < LONGEST else hashlib.sha256(path.encode()).hexdigest())
