"""Stops and starts processes of the current release. Stopped ones stay stopped, over reboots and deploys."""

from __future__ import annotations

from slipway.core.shell import Script, python_from, sh
from slipway.model.restart_target import RunningRelease
from slipway.model.step import Step
from slipway.remote import program
from slipway.steps.boot_and_switch import ask, enabling, health_command
from slipway.steps.common import remote
from slipway.steps.survey import recover

GRACE = 10  # seconds that requests may wait at the socket
MARGIN = 10  # seconds beyond the time that the slowest process has to end


def stop(place: RunningRelease) -> Step:
    """Stop processes, and wait until they have ended."""
    app, layout = place.app, place.layout
    times = [app.stop_timeout(process) for process in (app.web_process, *app.workers.values())]
    options = {
        "supervisor": str(layout.supervisor_socket),
        "base": str(layout.base),
        "stopped": str(layout.stopped),
        "processes": list(place.processes),
        "who": f"{place.who} since {place.when:%Y-%m-%d %H:%M:%S} UTC",
        "grace": GRACE,
        "wait": max(times) + GRACE + MARGIN,
    }
    script = sh(
        """
{{recover}}
mkdir -p {{stopped}}
chmod 2751 {{stopped}}
{{stop}}""",
        recover=recover(place.host, layout),
        stopped=layout.stopped,
        stop=remote("supervisor.stop_until_start", options),
    )
    return Step("stop", "stop processes", script)


def start(place: RunningRelease) -> Step:
    """Start processes that are stopped; the web server is asked until it is healthy, and only then gets requests."""
    layout = place.layout
    script = sh(
        """
{{recover}}
[[ -e {{current}} ]] || fail "nothing has been deployed here yet: run \\`fab deploy\\` first"
release=$(cd -P {{current}} && pwd)
names=({{names}})
if ((${#names[@]} == 0)); then
  for file in "$release"/conf/*.program; do names+=("$(basename "$file" .program)"); done
fi
workers=()
for name in "${names[@]}"; do
  [[ -e $release/conf/$name.program ]] || fail "the current release has no process $name"
  [[ $name == web ]] || workers+=("$name")
done
conf=$release/conf programs={{programs}}
{{enable}}
if [[ " ${names[*]} " == *' web '* ]]; then
  enable web
{{boot}}
  [[ ! -e {{stopped}}/web ]] || { rm -f {{stopped}}/web; fact changed "web started"; }
{{ask}}
fi
if ((${#workers[@]})); then
  enable "${workers[@]}"
  only=$(printf '"%s",' "${workers[@]}")
{{boot_workers}}
  for name in "${workers[@]}"; do
    [[ ! -e {{stopped}}/$name ]] || { rm -f {{stopped}}/"$name"; fact changed "$name started"; }
  done
fi
{{health_command}}""",
        recover=recover(place.host, layout),
        current=layout.current,
        names=list(place.processes),
        programs=layout.programs,
        enable=enabling(),
        boot=python_from(program("web.boot"), layout.current / "conf" / "boot.json"),
        boot_workers=python_from(
            program("web.boot"), layout.current / "conf" / "workers.json", Script('"{\\"only\\": [${only%,}]}"')
        ),
        stopped=layout.stopped,
        health_command=health_command(layout.current / "conf"),
        ask=ask(place, layout.current / "conf"),
    )
    return Step("start", "start processes", script)
