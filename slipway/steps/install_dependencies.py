"""Fills a venv with the app's dependencies; what has no wheel is built by an account that can read nobody's secrets."""

from __future__ import annotations

from slipway.core.shell import Script, received, sh
from slipway.model.step import Target
from slipway.remote import program
from slipway.steps.common import NOT_YET


def fill(target: Target) -> Script:
    """The commands that fill `$venv`; they run in the release's code folder.

    A wheel is data, and installing it runs nothing. So the account that deploys installs wheels only; where some
    distribution has none, the account for building makes one, hands it over by a pipe, and the installation is done
    once more with it. Without root there is only one account, which does it all.
    """
    requirements = target.detected.requirements
    if target.host.rootless or (requirements.kind == "none" and not target.detected.servers):
        return _install(target, Script(""))
    return sh(
        """
install() { # WORD...
{{install}}
}
if ! said=$(install --no-build 2>&1); then
  printf '%s\\n' "$said"
  [[ $said == *[Bb]uild* || $said == *"no usable wheels"* ]] || fail {{failure}}
  id -u {{builder}} > /dev/null 2>&1 || fail {{not_yet}}
  for file in {{files}}; do
    [[ $(exec readlink -f "$file") == "$(pwd -P)"/* ]] || fail "$file leads out of the source"
  done
  build() {
    tar -chf - -T /dev/null -- {{files}} | sudo -n -H -u {{builder}} -- bash -c {{script}} build "$python"
  }
{{handed_over}}
  sudo -n -u {{builder}} -- kill -KILL -1 2> /dev/null || true
  mapfile -t built < "$venv.wheels/names"
{{install_built}}
  rm -rf "$venv.wheels"
else
  printf '%s\\n' "$said"
fi""",
        install=_install(target, Script('"$@"')),
        failure=f"`{_command(target)}` cannot install the dependencies: its last lines say why",
        builder=target.app.build_user,
        not_yet=f"a dependency has to be built, and the account for building is missing. {NOT_YET}",
        files=list(requirements.files),
        script=_build(target).text,
        handed_over=received(
            Script("build"), program("host.take_over_wheels"), Script('\'{"folder": "\'"$venv.wheels"\'"}\'')
        ),
        install_built=_install_built(target),
    )


def _command(target: Target) -> str:
    return "uv sync" if target.detected.requirements.kind == "uv" else "uv pip install"


def _uv(target: Target) -> str:
    return str(target.layout.tools / "bin" / "uv")


def _install(target: Target, words: Script) -> Script:
    """Install everything; `words` are options for each command.

    The web server comes in a command of its own: a version that the inventory names wins, and hashes that are
    required of the dependencies are not required of it.
    """
    commands = [*_dependencies(target, words), *_server(target, words)]
    return Script(" &&\n".join(command.text for command in commands) or ":")


def _dependencies(target: Target, words: Script) -> list[Script]:
    needs = target.detected.requirements
    if needs.kind == "none":
        return []
    if needs.kind == "uv":
        return [_sync(target, words)]
    files = [word for file in needs.roots for word in ("-r", file)]
    return [sh("{{uv}} pip install {{words}} {{files}}", uv=_uv(target), words=words, files=files)]


def _server(target: Target, words: Script) -> list[Script]:
    server = list(target.detected.servers)
    return [sh("{{uv}} pip install {{words}} {{server}}", uv=_uv(target), words=words, server=server)] if server else []


def _sync(target: Target, words: Script) -> Script:
    """Install what uv.lock says, with the Python of the venv whatever `.python-version` says."""
    return sh(
        """{{uv}} sync --project {{folder}} --python "$VIRTUAL_ENV/bin/python" --frozen --no-dev --no-install-project \
  --inexact {{words}}""",
        uv=_uv(target),
        folder=f"./{target.detected.requirements.folder}",
        words=words,
    )


def _install_built(target: Target) -> Script:
    """Install everything, now that wheels of what had none lie in `$venv.wheels`."""
    if target.detected.requirements.kind != "uv":
        return Script('  install --no-build --overrides "$venv.wheels/overrides"')
    more = _server(target, Script('--no-build --overrides "$venv.wheels/overrides"'))
    return sh(
        """
  skip=()
  for built_name in "${built[@]}"; do skip+=(--no-install-package "$built_name"); done
  {{sync}}
  {{uv}} pip install --no-build --no-deps "$venv.wheels/files/"*.whl
  {{more}}""",
        uv=_uv(target),
        sync=_sync(target, Script('--no-build "${skip[@]}"')),
        more=more[0] if more else Script(""),
    )


def _build(target: Target) -> Script:
    """What the account for building does: the whole installation, in a venv of its own; it hands the built wheels over.

    The files that list dependencies come as an archive on standard input; standard output is for the wheels alone. uv's
    cache keeps what was built of releases with a version; what has no version of its own is built anew.
    """
    return sh(
        """
set -euo pipefail
umask 077
exec 3>&1 >&2
cd ~
rm -rf scratch cache/sdists-*/git cache/sdists-*/url cache/sdists-*/path
mkdir scratch
cd scratch
tar -xf -
export UV_CACHE_DIR=~/cache UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1
export VIRTUAL_ENV=~/scratch/.venv UV_PROJECT_ENVIRONMENT=~/scratch/.venv
[[ -x $1 ]] || set -- {{wanted}}
{{uv}} venv -q --no-project --python "$1" .venv
install() {
{{install}}
}
install
python3 -I -S -c {{program}} '{"cache": "'"$UV_CACHE_DIR"'", "venv": "'"$VIRTUAL_ENV"'"}' >&3
cd ~
rm -rf scratch""",
        wanted=target.app.python or "python3",
        uv=_uv(target),
        install=_install(target, Script("-q")),
        program=program("host.hand_over_wheels"),
    )
