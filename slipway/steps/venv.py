"""Makes the virtual environment with uv; releases with the same dependencies share one."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

from slipway.core.shell import Script, sh
from slipway.model.step import Step, Target
from slipway.steps import build_dependencies


def build(target: Target) -> Step:
    """Make the venv, or reuse the one that an earlier release built from the same inputs.

    Its name says all that went into it: the files that list dependencies, the web server, the host's Python. A venv
    cannot be moved, so it is built in place, and counts only once its mark `.complete` is there. Bytecode is compiled
    now: the app's user cannot write it later, and would compile at each start. uv hardlinks from its cache, so files
    in a venv share inodes and must never be given another owner or mode. The app's own bytecode is compiled while
    the next steps go on; `compiled` waits for it.

    No code of a dependency runs as the account that deploys: only wheels are installed, and bytecode is compiled
    without `site`, which would run what `.pth` files say. What has no wheel is built by an account of its own.
    """
    app, paths = target.app, target.paths
    return Step(
        "venv",
        "build the venv",
        sh(
            """
python={{python}}
hash "$python" 2> /dev/null || true
python=$(exec readlink -f "${BASH_CMDS[$python]:-$python}")
name={{key}}-${python##*/}
venv={{venvs}}/$name
if [[ ! -e $venv/.complete ]]; then
  rm -rf "$venv" "$venv.wheels"
  (
    umask 022
    export UV_CACHE_DIR={{cache}} UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1 VIRTUAL_ENV="$venv" UV_PROJECT_ENVIRONMENT="$venv"
    {{uv}} venv -q --python {{wanted}} "$venv"
    cd {{folder}}
{{fill}}
    rm -f "$venv/.lock"  # of uv, for everybody to write
    "$venv/bin/python" -I -S -m compileall -q -j 0 "$venv/lib" > /dev/null || true
    touch "$venv/.complete"
  )
fi
ln -sT "../../venvs/$name" {{link}}
fact venv "$name"
"$venv/bin/python" -I -S -m compileall -q {{code}} > /dev/null &
compiling=$!""",
            python=f"python{app.python}" if app.python else "python3",
            wanted=app.python or "python3",
            key=_key(target),
            venvs=target.layout.venvs,
            cache=target.layout.cache,
            uv=_uv(target),
            folder=paths.app,
            fill=build_dependencies.fill(target),
            link=paths.venv,
            code=paths.app,
        ),
    )


def compiled(target: Target) -> Step:
    """Wait for the bytecode. A file that cannot be compiled may never be imported: the boot will tell."""
    return Step("bytecode", "wait for the bytecode", Script('wait "$compiling" || true'))


def _uv(target: Target) -> PurePosixPath:
    return target.layout.tools / "bin" / "uv"


def _key(target: Target) -> str:
    """16 hex digits that stand for all inputs; a forced build gets a name of its own, since the old one is in use."""
    parts = [str(target.app.python), *target.detected.servers]
    for file in target.detected.requirements.files:
        parts += [file, target.source.files[file]]
    if target.force:
        parts.append(target.release.id)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
