"""Reads and writes on each host which host of the fleet runs the schedules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from slipway.core.shell import Script, sh, write_file
from slipway.inventory import Host
from slipway.inventory.app import SCHEDULES, WEB, App, Process
from slipway.model.layout import Layout
from slipway.model.step import Step, Target
from slipway.remote import program
from slipway.steps.common import NOT_YET, remote

# Which host runs the schedules: a record of ours, where the app's user may not write.
SCHEDULER = "scheduler.json"
STOP = 5  # seconds; runs are not stopped with it
WATCH = 1  # seconds: it is our own, and the app cannot keep it from starting


def files(target: Target) -> dict[PurePosixPath, str]:
    """What runs the schedules, and what it is to run: on every host, since another one may be chosen at any time."""
    if not target.app.enabled_schedules:
        return {}
    options = {
        "base": str(target.layout.base),
        "release": target.release.id,
        "host": target.host.name,
        "schedules": {
            name: {"cron": schedule.cron, "command": schedule.command}
            for name, schedule in target.app.enabled_schedules.items()
        },
    }
    conf = target.paths.conf
    return {conf / "schedules.py": program("schedules.run_due"), conf / "schedules.json": f"{json.dumps(options)}\n"}


def processes(target: Target) -> dict[str, Process]:
    """All that runs of a release, with what runs the schedules."""
    found = {**({WEB: target.app.web_process} if target.app.web else {}), **target.app.workers}
    if target.app.enabled_schedules:
        conf = target.paths.conf
        options = json.dumps({"options": str(conf / "schedules.json")})
        command = sh("python3 -I -S {{program}} {{options}}", program=conf / "schedules.py", options=options)
        found[SCHEDULES] = Process(command=command.text, stop_timeout=STOP, watch=WATCH)
    return found


def workers(target: Target) -> dict[str, Process]:
    """What runs of a release besides web; a process that has count 0 does not."""
    return {name: process for name, process in processes(target).items() if name != WEB and process.count}


def folder(layout: Layout, app: App) -> Script:
    """Make the folder, if the app has schedules; the app's user records its runs there."""
    if not app.enabled_schedules:
        return Script("")
    return sh("mkdir -p {{folder}}\nchmod 2770 {{folder}}", folder=layout.schedules)


def look(layout: Layout) -> Step:
    """Report the fact `assigned`: which host runs the schedules, as this host knows it, or null."""
    script = remote("schedules.report_assigned_host", {"base": str(layout.base)})
    return Step("assigned", "see who runs the schedules", script)


def assign(host: Host, layout: Layout, record: Mapping[str, Any]) -> Step:
    """Tell a host who runs the schedules."""
    script = sh(
        """
[[ -w {{base}} ]] || fail {{not_yet}}
{{folder}}
{{write}}
if [[ -d {{old}} && ! -L {{old}} ]]; then  # for releases that an earlier version of Slipway made
  cp {{path}} {{path}}.copy
  mv -fT {{path}}.copy {{old}}/assigned.json 2> /dev/null || { rm -f {{path}}.copy; note {{in_the_way}}; }
fi""",
        base=layout.base,
        not_yet=f"the host is not provisioned for {host.app.name}. {NOT_YET}",
        folder=folder(layout, host.app),
        write=write_file(layout.base / SCHEDULER, f"{json.dumps(record, sort_keys=True)}\n"),
        path=layout.base / SCHEDULER,
        old=layout.schedules,
        in_the_way=f"{layout.schedules}/assigned.json is not a file: the app has put something else there",
    )
    return Step("assign", "say who runs the schedules", script)
