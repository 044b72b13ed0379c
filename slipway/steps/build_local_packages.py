"""Builds the packages whose code lies in the commit, by the account that can read nobody's secrets."""

from __future__ import annotations

import json

from slipway.core.shell import Script, join, received, sh
from slipway.detect.local_packages import LocalPackage
from slipway.model.step import Target
from slipway.remote import program
from slipway.steps import builder_account, package_indexes
from slipway.steps.common import NOT_YET

FOLDER = ".slipway-local"  # of the wheels; it travels to the account that builds under this name


def build(target: Target) -> Script:
    """Bring a wheel of each package to `$local`; runs in the release's code folder.

    Building runs the app's own code and that of its build back end, so the account that deploys never does it. It sends
    the source, as the commit has it, and takes the wheels over by a pipe.
    """
    packages = target.detected.requirements.local
    if not packages:
        return Script("")
    account, home = Script(""), sh('"$venv.local/build"')
    if not target.host.rootless:
        account = sh("sudo -n -H -u {{builder}} -- ", builder=target.app.build_user)
        home = Script('"~"')
    script = sh(
        """
local=$venv.local/{{name}}
mkdir -p "$venv.local/build"
{{need_builder}}
build_local() { {{tar}} | {{account}}bash -c {{script}} build "$python" {{home}}; }
{{handed_over}}
{{kill}}
{{lists}}""",
        name=FOLDER,
        need_builder=need_builder(target),
        tar=package_indexes.before(target, Script("tar -cf - .")),
        account=account,
        script=_build(target).text,
        home=home,
        handed_over=received(
            Script("build_local"),
            program("between_accounts.receive_local_wheels"),
            Script('\'{"count": ' + str(len(packages)) + ', "folder": "\'"$local"\'"}\''),
        ),
        kill=kill_builder(target),
        lists=_lists(target),
    )
    return join([script, names(target)])


def need_builder(target: Target) -> Script:
    """Fail on a host that was provisioned before there was an account for building."""
    if target.host.rootless:
        return Script("")
    return sh(
        "id -u {{builder}} > /dev/null 2>&1 || fail {{not_yet}}",
        builder=target.app.build_user,
        not_yet=f"a package has to be built, and the account for building is missing. {NOT_YET}",
    )


def kill_builder(target: Target) -> Script:
    """End what a build has left running."""
    if target.host.rootless:
        return Script("")
    return sh("sudo -n -u {{builder}} -- kill -KILL -1 2> /dev/null || true", builder=target.app.build_user)


def names(target: Target) -> Script:
    """Set arrays of what to install from `$local`: `listed`, `complete`, `alone`, and options about all of them."""
    packages = target.detected.requirements.local
    if not packages:
        return Script("")
    return sh(
        """
how=({{how}}) extras=({{extras}}) markers=({{markers}}) listed=() complete=() alone=() own=()
while read -r number name file; do
  printf '%s @ file://%s\\n' "$name" "$local/$file" >> "$local/constraints"
  word="$name${extras[number]} @ file://$local/$file${markers[number]:+ ; ${markers[number]}}"
  own+=(--no-sources-package "$name")
  case ${how[number]} in
    listed) listed+=("$word") ;;
    complete) complete+=("$word") ;;
    alone) alone+=("$word") ;;
  esac
done < "$local/list\"""",
        how=[package.how for package in packages],
        extras=[package.extras for package in packages],
        markers=[package.marker for package in packages],
    )


def _lists(target: Target) -> Script:
    """Copies of the requirement files without the lines that name what lies in the commit."""
    needs = target.detected.requirements
    if not needs.local_lines:
        return Script("")
    commands = [
        sh(
            "sed -i {{lines}} {{file}}",
            lines=";".join(f"{begin},{end}d" for begin, end in ranges),
            file=Script(f'"$local/lists/"{sh("{{path}}", path=path).text}'),
        )
        for path, ranges in needs.local_lines
    ]
    files = [path for path in needs.files if path.endswith((".txt", ".in"))] or list(needs.files)
    return join([sh('mkdir "$local/lists"\ncp -L --parents -- {{files}} "$local/lists"', files=files), *commands])


def _build(target: Target) -> Script:
    """What the account for building does, with the source on standard input; only wheels go to standard output."""
    return sh(
        """
set -euo pipefail
umask 077
exec 3>&1 >&2
{{reset}}
[[ $2 != "~" ]] || cd
[[ $2 == "~" ]] || cd "$2"
export UV_CACHE_DIR={{cache}} UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never
rm -rf local
mkdir -p local/source local/wheels
cd local/source
tar -xf -
build() { # NUMBER PATH FAILURE
  mkdir "../wheels/$1"
  if [[ $2 == *.whl ]]; then cp -- "./$2" "../wheels/$1"; return; fi
  {{uv}} build -q --wheel --python "$python" -o "../wheels/$1" -- "./$2" || { printf %s "$3" >&3; exit 0; }
}
python=$1
{{builds}}
python3 -I -S -c {{program}} '{"folder": "../wheels"}' >&3
cd ../..
rm -rf local""",
        reset=join(
            [package_indexes.taken(target), Script("") if target.host.rootless else builder_account.reset(target)]
        ),
        cache=target.layout.cache if target.host.rootless else Script("~/cache"),
        uv=str(target.layout.tools / "bin" / "uv"),
        builds=join(
            sh("build {{number}} {{path}} {{failure}}", number=number, path=package.path, failure=_failure(package))
            for number, package in enumerate(target.detected.requirements.local)
        ),
        program=program("between_accounts.send_local_wheels"),
    )


def _failure(package: LocalPackage) -> str:
    """What the account for building hands over where a package cannot be built."""
    where = f"the package in {package.path}/" if package.path else "the app itself, which is a package,"
    said = {"reason": f"{where} cannot be built: the lines above say why"}
    text = json.dumps(said)
    return f"failed {len(text)}\n{text}"
