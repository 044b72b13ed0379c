"""Boots the processes of a release beside the running ones, checks their health, switches, and stops the old ones.

All that these steps need lies in the release itself (`conf/`), so that a rollback does the same as the deploy did.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath

from slipway.core.shell import Script, python_from, sh
from slipway.inventory.app import WEB
from slipway.model.step import Placed, Step, Target
from slipway.remote import program
from slipway.render.nginx_site import access_log, address_on_host, log_folder
from slipway.steps import schedule_host
from slipway.steps.check_web_socket import OWN_SOCKET
from slipway.steps.common import remote

# The share of answers with 5xx that a canary may give.
MOST_ERRORS = 0.05
HEALTH_COMMAND = "health_command.json"  # in a release's conf/: the options of slipway.remote.host.health_command

# supervisor's include folder gets whole files only: one broken file would block every reread. A hardlink is whole.
_ENABLE = Script(
    r"""enable() { # NAME... : let supervisord see programs of the release
  local name lines place
  for name; do
    mapfile lines < "$conf/$name.program"
    [[ ${lines[*]} =~ \[program:([^]]+)\] ]]
    place=$programs/${BASH_REMATCH[1]}.conf
    [[ $place -ef $conf/$name.program ]] || ln -f "$conf/$name.program" "$place"
  done
}"""
)


def boot(place: Placed) -> Step:
    """Boot the release's web process on its own socket, and ask its health URL there until every worker is healthy.

    What is up already, as the standby is, is only asked. A release without a web side has nothing to be asked here.
    """
    return Step("boot", "boot beside the current release", _with_web(place, web(place, place.paths.conf)))


def boot_workers(place: Placed, *, patient: bool = True) -> Step:
    """Start the release's workers; the old ones are stopped only when the whole fleet has decided.

    Args:
        patient: whether to wait until they have stayed up for as long as each is watched; those of a rollback have
            proved it before.
    """
    none = isinstance(place, Target) and not schedule_host.workers(place)
    script = Script("") if none else workers(place, place.paths.conf, patient=patient)
    return Step("workers", "start the workers", script)


def workers(place: Placed, conf: PurePosixPath, *, patient: bool = True) -> Script:
    """Start the processes but web whose program files lie in `conf`, as the `workers.json` there says."""
    return sh(
        r"""
{{names}}
{{enable}}
workers=()
for file in "$conf"/*.program; do
  name=${file##*/} name=${name%.program}
  [[ -e $file && $name != web ]] || continue
  if [[ -e {{stopped}}/$name ]]; then
    note process-stopped "$name stays stopped, by $(cat {{stopped}}/"$name"): \`fab start --process=$name\` starts it"
  else
    workers+=("$name")
  fi
done
if ((${#workers[@]})); then
  enable "${workers[@]}"
{{boot}}
fi""",
        names=_names(place, conf),
        enable=_ENABLE,
        stopped=place.layout.stopped,
        boot=python_from(
            program("web.boot"),
            conf / "workers.json",
            _json({"patient": patient, "stopped": str(place.layout.stopped)}),
        ),
    )


def web(place: Placed, conf: PurePosixPath) -> Script:
    """Boot the web process as `boot.json` in `conf` says."""
    return sh(
        "{{names}}\n{{enable}}\nenable web\n{{boot}}",
        names=_names(place, conf),
        enable=_ENABLE,
        boot=python_from(program("web.boot"), conf / "boot.json"),
    )


def enabling() -> Script:
    """Define the function `enable NAME...`, which lets supervisord see programs: from `$conf` into `$programs`."""
    return _ENABLE


def activate(place: Placed) -> Step:
    """Rename `current` onto the release: code, static files, configuration and socket change at once.

    rename(2) is atomic, and nginx resolves its upstream's path at each connection. If the web server was stopped, it is
    so no longer.
    """
    return Step(
        "switch",
        "switch to the release",
        sh(
            """
ln -sfnT {{link}} {{new}}
mv -fT {{new}} {{current}}
if [[ -e {{stopped}}/web ]]; then mv -f {{stopped}}/web {{stopped}}/.web; fi""",
            stopped=place.layout.stopped,
            link=f"releases/{place.paths.id}",
            new=f"{place.layout.current}.new",
            current=place.layout.current,
        ),
    )


def verify(place: Placed) -> Step:
    """Ask again, as a visitor does: through nginx."""
    note_maintenance = sh(
        r"""
if [[ -e {{maintenance}} ]]; then
  note maintenance-is-on "maintenance is on: visitors get its page until \`fab maintenance.off\`"
fi""",
        maintenance=place.layout.maintenance.on,
    )
    return Step("verify", "ask through nginx", _with_web(place, ask(place, place.paths.conf) + note_maintenance))


def ask(place: Placed, conf: PurePosixPath) -> Script:
    """Ask for the health URL through nginx, as the release in whose `conf` it stands wants to be asked.

    The caller may know no id of that release, so its socket, too, is looked for beside `conf`.

    bash asks once, which takes a tenth of the time that Python needs to start. Whatever is not plainly well is for our
    own program, which knows patience and explanations.
    """
    address, port = address_on_host(place.app, place.host)
    return sh(
        """
{{own_socket}}
own_socket {{run}} || fail {{replaced}}
clearly_healthy() ( # FILE ADDRESS PORT
  mapfile request < "$1" && exec {nginx}<> "/dev/tcp/$2/$3" && printf %s "${request[@]}" >&"$nginx" || exit 1
  IFS=' ' read -r -t 5 _ status _ <&"$nginx" && [[ $status == 200 ]] || exit 1
  LC_ALL=C read -r -N 4096 -t 5 _ <&"$nginx" || exit $(($? != 1))  # 1: that was the end
  timeout 5 cat <&"$nginx" > /dev/null
) 2> /dev/null
if ! clearly_healthy {{request}} {{address}} {{port}}; then
{{patiently}}
fi""",
        own_socket=OWN_SOCKET,
        run=conf.parent / "run",
        replaced=f"{conf.parent}/run/web.sock does not lead to a socket of this release, so visitors would see an "
        "error or what is not this app: something of the app has replaced or removed its socket. Look at what the app "
        "runs",
        request=conf / "ask.http",
        address=address,
        port=port,
        patiently=python_from(program("web.ask_health_url"), conf / "ask.json", _json(_address(place))),
    )


def watch(place: Placed, seconds: int) -> Step:
    """Watch a release that visitors use already, before more hosts follow: its health, and the answers they get."""
    if not place.app.web:
        return Step("watch", "watch the release at work", watch_processes(place, seconds))
    log = log_folder(place.app, place.host, place.layout) / access_log(place.host)
    extra = {**_address(place), "access_log": str(log), "seconds": seconds, "most": MOST_ERRORS}
    script = python_from(program("web.watch_switched"), place.paths.conf / "ask.json", _json(extra))
    return Step("watch", "watch the release at work", script)


def watch_processes(place: Placed, seconds: float) -> Script:
    """See that all processes of the current release run, and go on running for so many seconds."""
    options = {
        "supervisor": str(place.layout.supervisor_socket),
        "base": str(place.layout.base),
        "seconds": seconds,
    }
    return remote("supervisor.watch_processes", options)


def ask_health_command(place: Placed) -> Step:
    """Run the health command of the release until it exits with 0, if it has one."""
    none = isinstance(place, Target) and not place.app.health_command
    script = Script("") if none else health_command(place.paths.conf)
    return Step("health-command", "run the health command", script)


def health_command(conf: PurePosixPath) -> Script:
    """Run the health command that `conf` has options for, if there is one."""
    return sh(
        "if [[ -e {{options}} ]]; then\n{{run}}\nfi",
        options=conf / HEALTH_COMMAND,
        run=python_from(program("host.health_command"), conf / HEALTH_COMMAND),
    )


def _with_web(place: Placed, script: Script) -> Script:
    """The script, where the release has a web side: what is deployed says so itself, an older one by its files."""
    if isinstance(place, Target):
        return script if place.app.web else Script("")
    return sh("if [[ -e {{program}} ]]; then\n{{script}}\nfi", program=place.paths.program_source(WEB), script=script)


def retire(place: Placed) -> Step:
    """Stop what is neither current nor standby, and the standby's workers; slow requests may finish meanwhile."""
    options = {
        "supervisor": str(place.layout.supervisor_socket),
        "base": str(place.layout.base),
        "folder": str(place.layout.programs),
        "keep": [],
        "standby": ["web"] if place.app.standby else [],
        "wait": 0,
        "ending": str(place.layout.ending),
    }
    return Step("retire", "stop old processes", remote("supervisor.clean_up", options))


def _names(place: Placed, conf: PurePosixPath) -> Script:
    return sh("conf={{conf}} programs={{programs}}", conf=conf, programs=place.layout.programs)


def _address(place: Placed) -> dict[str, object]:
    """Where nginx is now, whatever the inventory said when the release was made; and how to pass in maintenance."""
    address, port = address_on_host(place.app, place.host)
    return {"address": address, "port": port, "pass": str(place.layout.maintenance.words)}


def _json(options: Mapping[str, object]) -> Script:
    return sh("{{options}}", options=json.dumps(options, sort_keys=True))
