"""Makes the virtual environment with uv; releases with the same dependencies share one."""

from __future__ import annotations

import hashlib

from slipway.core.shell import Script, sh
from slipway.model.step import Step, Target


def build(target: Target) -> Step:
    """Make the venv, or reuse the one that an earlier release built from the same inputs.

    Its name says all that went into it: the files that list dependencies, the web server, the host's Python. A venv
    cannot be moved, so it is built in place, and counts only once its mark `.complete` is there. Bytecode is compiled
    now: the app's user cannot write it later, and would compile at each start. uv hardlinks from its cache, so files
    in a venv share inodes and must never be given another owner or mode. The app's own bytecode is compiled while
    the next steps go on; `compiled` waits for it.
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
  rm -rf "$venv"
  (
    umask 022
    export UV_CACHE_DIR={{cache}} UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1 UV_COMPILE_BYTECODE=1 VIRTUAL_ENV="$venv"
    {{uv}} venv -q --python {{wanted}} "$venv"
    cd {{folder}}
{{install}}
    rm -f "$venv/.lock"  # of uv, for everybody to write
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
            uv=target.layout.tools / "bin" / "uv",
            folder=paths.app,
            install=_install(target),
            link=paths.venv,
            code=paths.app,
        ),
    )


def compiled(target: Target) -> Step:
    """Wait for the bytecode. A file that cannot be compiled may never be imported: the boot will tell."""
    return Step("bytecode", "wait for the bytecode", Script('wait "$compiling" || true'))


def _install(target: Target) -> Script:
    """The commands that fill the venv; they run in the release's code folder."""
    uv = target.layout.tools / "bin" / "uv"
    needs = target.detected.requirements
    server = list(target.detected.servers)
    if needs.kind == "requirements":
        files = [word for file in needs.roots for word in ("-r", file)]
        return sh("{{uv}} pip install {{words}}", uv=uv, words=[*files, *server])
    if needs.kind == "uv":
        sync = sh(
            'UV_PROJECT_ENVIRONMENT="$venv" {{uv}} sync --frozen --no-dev --no-install-project --inexact',
            uv=uv,
        )
        return sync + sh("{{uv}} pip install {{words}}", uv=uv, words=server) if server else sync
    if needs.kind == "pyproject":
        return sh("{{uv}} pip install {{words}}", uv=uv, words=["-r", "pyproject.toml", *server])
    return sh("{{uv}} pip install {{words}}", uv=uv, words=server)


def _key(target: Target) -> str:
    """16 hex digits that stand for all inputs; a forced build gets a name of its own, since the old one is in use."""
    parts = [str(target.app.python), *target.detected.servers]
    for file in target.detected.requirements.files:
        parts += [file, target.source.files[file]]
    if target.force:
        parts.append(target.release.id)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
