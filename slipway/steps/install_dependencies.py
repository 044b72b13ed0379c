"""Fills a venv with the app's dependencies; what has no wheel is built by an account that can read nobody's secrets."""

from __future__ import annotations

from slipway.core.shell import Script, join, join_words, received, sh
from slipway.model.step import Target
from slipway.remote import program
from slipway.steps import build_local_packages, builder_account, package_indexes
from slipway.steps import wheels_sent_with_release as sent_wheels
from slipway.steps.files_for_builder import LEAVE_OUT, locked_name, send


def fill(target: Target) -> Script:
    """The commands that fill `$venv`; they run in the release's code folder.

    A wheel is data, and installing it runs nothing. So the account that deploys installs wheels only; where some
    distribution has none, the account for building makes one, hands it over by a pipe, and the installation is done
    once more with it. Without root there is only one account, which does it all.
    """
    needs = target.detected.requirements
    if target.app.build.wheels:
        return join([sent_wheels.check(target), _install(target, sent_wheels.options(target))])
    command = "uv sync" if needs.kind == "uv" else "uv pip install"
    wanted = needs.local or needs.kind != "none" or target.detected.servers or target.app.add_requirements
    if target.host.rootless or not wanted:
        return _install(target, Script(""))
    taking = program("between_accounts.receive_built_wheels")
    return sh(
        """
install() { # WORD...
{{install}}
}
if ! said=$(install --no-build 2>&1); then
  printf '%s\\n' "$said"
  [[ $said == *[Bb]uild* || $said == *"no usable wheels"* ]] || fail {{failure}}
  {{need_builder}}
  build() {
    {{tar}} | sudo -n -H -u {{builder}} -- bash -c {{script}} build "$python"
  }
{{handed_over}}
  {{kill}}
  mapfile -t built < "$venv.wheels/names"
{{install_built}}
  rm -rf "$venv.wheels"
else
  printf '%s\\n' "$said"
fi""",
        install=_install(target, Script('"$@"')),
        failure=f"`{command}` cannot install the dependencies: its last lines say why",
        need_builder=build_local_packages.need_builder(target),
        builder=target.app.build_user,
        tar=package_indexes.before(target, send(target)),
        script=_build(target).text,
        handed_over=received(Script("build"), taking, Script('\'{"folder": "\'"$venv.wheels"\'"}\'')),
        kill=build_local_packages.kill_builder(target),
        install_built=_install_built(target),
    )


def reinstall(target: Target) -> Script:
    """Exchange the app's own packages in a copy of a venv that has the same dependencies.

    uv starts the Python of the venv that it installs into, and with it what `.pth` files say. So it gets an empty one.
    """
    return sh(
        """
again=()
while read -r number name file; do
  wheel=${file##*/}
  found=("$venv"/lib/python*/site-packages/"${wheel%%-*}"-*.dist-info)
  [[ ! -e ${found[0]} ]] || again+=("$local/$file")
done < "$local/list"
if ((${#again[@]})); then
  own=$venv.local/own
  {{uv}} venv -q --no-project --python "$python" "$own"
  made=$(< "$own/pyvenv.cfg")
  VIRTUAL_ENV=$own {{uv}} pip install -q --no-build --no-deps --no-cache --link-mode copy "${again[@]}"
  python3 -I -S -c {{exchange}} '{"venv": "'"$venv"'", "own": "'"$own"'"}'
fi""",
        uv=_uv(target),
        exchange=program("host.replace_packages_in_venv_copy"),
    )


def _uv(target: Target) -> str:
    return str(target.layout.tools / "bin" / "uv")


def _install(target: Target, words: Script) -> Script:
    """Install everything; `words` are options for each command.

    The web server comes in a command of its own: a version that the inventory names wins, and hashes that are
    required of the dependencies are not required of it.
    """
    all = [*_dependencies(target, words), *_local(target, words), *_more(target, words)]
    return Script(" &&\n".join(command.text for command in all) or ":")


def _dependencies(target: Target, words: Script) -> list[Script]:
    needs, app = target.detected.requirements, target.app
    if needs.kind == "none":
        return []
    if needs.kind == "uv":
        return [_sync(target, words)]
    if needs.kind == "locked":
        return [sh('{{uv}} pip install {{words}} --no-deps -r "$locked"', uv=_uv(target), words=words)]
    options = [_constraints(target)]
    if needs.kind == "poetry":
        options.append(Script('-r "$locked"'))
    else:
        lists = Script('"$local/lists/"' if needs.local_lines else "")
        options += [sh("-r {{lists}}{{file}}", lists=lists, file=file) for file in needs.roots]
    if needs.kind == "pyproject":
        options += [sh("--extra {{name}}", name=name) for name in app.extras]
        options += [sh("--group {{name}}", name=f"{needs.roots[0]}:{name}") for name in app.groups]
    if needs.local:
        options.append(Script('"${own[@]}" "${listed[@]}"' if needs.kind == "requirements" else '"${own[@]}"'))
    return [sh("{{uv}} pip install {{words}} {{options}}", uv=_uv(target), words=words, options=join_words(*options))]


def _constraints(target: Target) -> Script:
    """Options that limit versions: what the inventory names, and the app's own wheels in the place of other ones."""
    files = [sh("-c {{file}}", file=file) for file in target.app.constraints]
    return join_words(*files, Script('-c "$local/constraints"' if target.detected.requirements.local else ""))


def _local(target: Target, words: Script) -> list[Script]:
    """Install the packages whose code lies in the commit, as far as nothing else has brought them."""
    ways = {package.how for package in target.detected.requirements.local}
    options = {
        "complete": join_words(_constraints(target), Script('"${complete[@]}"')),
        "alone": Script('--no-deps "${alone[@]}"'),
    }
    return [
        sh("{{uv}} pip install {{words}} {{options}}", uv=_uv(target), words=words, options=options[way])
        for way in options
        if way in ways
    ]


def _more(target: Target, words: Script) -> list[Script]:
    """Install the web server, and what the inventory adds."""
    wanted = [*target.app.add_requirements, *target.detected.servers]
    if not wanted:
        return []
    limits = join_words(words, *(sh("-c {{file}}", file=file) for file in target.app.constraints))
    return [sh("{{uv}} pip install {{words}} {{wanted}}", uv=_uv(target), words=limits, wanted=wanted)]


def _sync(target: Target, words: Script) -> Script:
    """Install what uv.lock says, with the Python of the venv whatever `.python-version` says.

    What lies in the commit is not installed by it: that would be editable, or lead into the release.
    """
    needs, app = target.detected.requirements, target.app
    options = (("--extra", app.extras), ("--group", app.groups))
    chosen = [word for option, names in options for name in names for word in (option, name)]
    return sh(
        """{{uv}} sync --project {{folder}} {{member}} --python "$VIRTUAL_ENV/bin/python" --frozen --no-dev \\
  --no-install-workspace --no-install-local --inexact {{chosen}}{{words}}""",
        uv=_uv(target),
        folder=f"./{needs.folder}",
        member=["--package", needs.member] if needs.member else "--all-packages",
        chosen=sh("{{chosen}} ", chosen=chosen) if chosen else Script(""),
        words=words,
    )


def _install_built(target: Target) -> Script:
    """Install everything, now that wheels of what had none lie in `$venv.wheels`."""
    if locked_name(target) == "pylock.toml":
        return _install_built_beside_pylock(target)
    if target.detected.requirements.kind != "uv":
        return Script('  install --no-build --overrides "$venv.wheels/overrides"')
    words = Script('--no-build --overrides "$venv.wheels/overrides"')
    more = join([*_local(target, words), *_more(target, words)])
    return sh(
        """
  skip=()
  for built_name in "${built[@]}"; do skip+=(--no-install-package "$built_name"); done
  {{sync}}
  {{uv}} pip install --no-build --no-deps "$venv.wheels/files/"*.whl
  {{more}}""",
        uv=_uv(target),
        sync=_sync(target, Script('--no-build "${skip[@]}"')),
        more=more,
    )


def _install_built_beside_pylock(target: Target) -> Script:
    """The same for a pylock.toml, which uv installs as it stands: without the packages that were built."""
    words = Script('--no-build --overrides "$venv.wheels/overrides"')
    return sh(
        """
  awk -v names=" ${built[*]} " {{without}} "$locked" > "$venv.wheels/pylock.toml"
  locked=$venv.wheels/pylock.toml
  {{uv}} pip install --no-build --no-deps "$venv.wheels/files/"*.whl
  {{rest}}
  {{more}}""",
        uv=_uv(target),
        without=LEAVE_OUT,
        rest=join(_dependencies(target, Script("--no-build"))),
        more=join([*_local(target, words), *_more(target, words)]),
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
{{reset}}
cd ~
rm -rf cache/sdists-*/git cache/sdists-*/url cache/sdists-*/path
mkdir scratch
cd scratch
tar -xf -
export UV_CACHE_DIR=~/cache UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never
export VIRTUAL_ENV=~/scratch/.venv UV_PROJECT_ENVIRONMENT=~/scratch/.venv
{{uv}} venv -q --no-project --python "$1" .venv
{{local}}
install() {
{{install}}
}
install
python3 -I -S -c {{program}} '{"cache": "'"$UV_CACHE_DIR"'", "venv": "'"$VIRTUAL_ENV"'"}' >&3
cd ~
rm -rf scratch""",
        reset=join([package_indexes.taken(target), builder_account.reset(target)]),
        uv=_uv(target),
        local=_local_there(target),
        install=_install(target, Script("-q")),
        program=program("between_accounts.send_built_wheels"),
    )


def _local_there(target: Target) -> Script:
    """The same names of the app's own wheels where the account for building has them."""
    locked = sh("locked=$PWD/{{name}}", name=locked_name(target)) if locked_name(target) else Script("")
    if not target.detected.requirements.local:
        return locked
    begin = sh('local=$PWD/{{name}}\nrm -f "$local/constraints"', name=build_local_packages.FOLDER)
    return join([locked, begin, build_local_packages.names(target)])
