"""Restarts a release: boots its processes a second time beside the running ones, then switches to them.

The web server gets its own socket, is asked until it is healthy, and one rename of the link `run/web.sock` moves the
traffic. `slipway.remote.supervisor.make_restart_programs` writes all that is needed; here is what is done with it.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from slipway.core.shell import Script, sh
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.model.restart_target import RunningRelease, facts
from slipway.model.step import Record, Step
from slipway.steps.boot_and_switch import ask, health_command, web, workers
from slipway.steps.common import remote
from slipway.steps.survey import recover


def folder(place: RunningRelease) -> PurePosixPath:
    """What a restart that is under way has made; see `slipway.remote.supervisor.make_restart_programs`."""
    return place.paths.conf / "again"


def look(host: Host, layout: Layout) -> Step:
    """Recover from an interrupted operation, and report the fact `current`: the id of the release that runs."""
    script = sh(
        """
{{recover}}
follow current {{current}}
[[ $current ]] || fail "nothing has been deployed here yet: run \\`fab deploy\\` first"
fact current "$current\"""",
        recover=recover(host, layout),
        current=layout.current,
    )
    return Step("look", "look at the host", script)


def boot(place: RunningRelease) -> Step:
    """Write what is needed; boot web beside the one that runs, and ask it until it is healthy."""
    options = {
        "supervisor": str(place.layout.supervisor_socket),
        "base": str(place.layout.base),
        "release": place.id,
        "processes": list(place.processes),
        "stopped": str(place.layout.stopped),
    }
    script = sh(
        """
rm -rf {{again}}
{{prepare}}
if [[ -e {{again}}/web.program ]]; then
{{boot}}
fi""",
        again=folder(place),
        prepare=remote("supervisor.make_restart_programs", options),
        boot=web(place, folder(place)),
    )
    return Step("boot", "boot beside what runs", script)


def switch(place: RunningRelease) -> Step:
    """Let the new web process have the traffic: nginx resolves its upstream's path at each connection."""
    script = sh(
        "if [[ -L {{new}} ]]; then mv -fT {{new}} {{socket}}; fi",
        new=folder(place) / "web.sock.new",
        socket=place.paths.socket,
    )
    return Step("switch", "switch to what was booted", script)


def verify(place: RunningRelease) -> Step:
    """Ask as a visitor does, if it was the web server."""
    script = sh(
        "if [[ -e {{options}} ]]; then\n{{ask}}\nfi",
        options=folder(place) / "boot.json",
        ask=ask(place, place.paths.conf),
    )
    return Step("verify", "ask through nginx", script)


def others(place: RunningRelease) -> Step:
    """Start the other processes a second time; the old ones stop only when all hosts have committed."""
    return Step("workers", "start the workers", workers(place, folder(place)))


def ask_health_command(place: RunningRelease) -> Step:
    """Run the health command of the release, if it has one."""
    return Step("health-command", "run the health command", health_command(place.paths.conf))


def back(place: RunningRelease) -> Script:
    """Let the old web process have the traffic again."""
    return sh(
        """
if [[ -L {{old}} ]]; then
  mv -fT {{old}} {{socket}} || exit 1
fi""",
        old=folder(place) / "web.sock.back",
        socket=place.paths.socket,
    )


def forget(place: RunningRelease) -> Script:
    """Remove what was written, and what supervisord would start."""
    return sh(
        """
for file in {{again}}/*.program; do
  [[ -e $file && $(< "$file") =~ \\[program:([^]]+)\\] ]] && rm -f "supervisor.d/${BASH_REMATCH[1]}.conf"
done
rm -rf {{again}} supervisor.d/*.new""",
        again=folder(place),
    )


def mark_done(place: RunningRelease) -> Script:
    """Make what was started what the release consists of; can be done again if it was cut off."""
    return sh(
        """
for file in {{again}}/*.program {{again}}/boot.json; do
  if [[ -e $file ]]; then mv -f "$file" {{conf}}/; fi
done
if [[ -e {{again}}/whole.json ]]; then mv -f {{again}}/whole.json {{conf}}/workers.json; fi
rm -rf {{again}}""",
        again=folder(place),
        conf=place.paths.conf,
    )


def conclude(place: RunningRelease) -> Step:
    """The whole fleet has decided: what was started is what the release consists of."""
    script = sh(
        "mv -f {{aside}} {{done}}\nrm -f {{link}}\n{{mark_done}}",
        aside=place.layout.undo.with_suffix(".aside"),
        done=place.layout.undo.with_suffix(".done"),
        link=place.layout.undo.with_suffix(".link"),
        mark_done=mark_done(place),
    )
    return Step("mark-done", "keep what was started", script)


def history(place: RunningRelease) -> Record:
    """The history line of a restart."""
    return Record(place.layout.history, facts(place))
