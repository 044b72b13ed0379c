"""Wheels that are sent with the release (`app.build.wheels`): hosts install from them, and ask no index."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from slipway.core.shell import Script, sh
from slipway.model.step import Target


def sent_wheels(target: Target) -> dict[str, str]:
    """SHA-256 of each wheel that is sent, by the file's name; empty if there are none, or none are there yet."""
    app = target.app
    if app.build.wheels is None:
        return {}
    folder = (target.source.built or app.source) / app.build.wheels
    files = sorted(path for path in folder.glob("*.whl") if path.is_file() and not path.is_symlink())
    return {path.name: _digest(path, path.stat().st_size, path.stat().st_mtime_ns) for path in files}


@lru_cache(maxsize=1024)
def _digest(path: Path, size: int, changed: int) -> str:
    """Read a file once for all hosts; it is another one if its size or its time is."""
    del size, changed
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(target: Target) -> Script:
    """Refuse to install anything but the wheels that were sent, byte for byte; runs in the release's code folder."""
    app, wheels = target.app, sent_wheels(target)
    needs = target.detected.requirements
    reason = ""
    if needs.kind == "uv":
        reason = "uv installs from the addresses in uv.lock: put the list of `uv export` into app.requirements instead"
    elif needs.local:
        reason = f"the source is a package itself ({needs.local[0].path or 'its top'}), which has to be built"
    elif not wheels:
        reason = "there are no wheels in it"
    if reason:
        return sh("fail {{reason}}", reason=f"app.build.wheels ({app.build.wheels}) cannot be used: {reason}")
    return sh(
        """
for file in {{folder}}/*; do [[ -O $file && -f $file && ! -L $file ]] || fail "$file is no wheel that was sent"; done
(cd {{folder}} && sha256sum --quiet --strict --check - <<< {{sums}}) || fail {{differ}}""",
        folder=f"./{app.build.wheels}",
        sums="\n".join(f"{digest}  {name}" for name, digest in wheels.items()),
        differ=f"the wheels in {app.build.wheels} are not those that were sent: deploy again",
    )


def options(target: Target) -> Script:
    """Words for uv: nothing is built, no index is asked."""
    return sh("--no-build --no-index --find-links {{folder}}", folder=f"./{target.app.build.wheels}")
