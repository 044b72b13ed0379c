"""The kinds of faults: what happens, on which hosts, and what the test does then."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.hosts.faults.disks import FILL
from tests.hosts.faults.fab import VARIABLE
from tests.hosts.faults.plans import Place
from tests.hosts.project import Project, Run, wait

FAB = (sys.executable, str(Path(__file__).with_name("fab.py")))
LONG = "sleep 100"  # a step that is struck goes no further by itself
SHORT = "sleep 2"  # unless nothing can stop it; what it says is heard at its end only
UNHEARD = 0.8  # seconds after which such a step is taken to have been struck
PATIENCE = 60.0  # seconds until a fault must have struck


@dataclass(frozen=True)
class Kind:
    """One kind of fault.

    Attributes:
        script: bash that runs at the beginning of the step; BASE stands for the app's folder.
        everywhere: it strikes all hosts that have the step, not only one.
        then: `die`: fab is killed at once. `wait`: the test does something about it, see `act`.
        act: is given the project, the struck host, and fab's process.
        codes: exit codes that fab may end with.
        silence: seconds after which host and client give each other up; 0 for what Slipway takes.
        restarts: visitors of the struck host do not count.
        clock: seconds that the control machine's clock is ahead.
        small: it needs an app with a small disk.
    """

    name: str
    script: str
    everywhere: bool = False
    then: str = ""
    act: Callable[[Project, str, subprocess.Popen[str]], None] | None = None
    codes: tuple[int, ...] = (1,)
    silence: int = 0
    restarts: bool = False
    clock: int = 0
    small: bool = False


def kinds() -> dict[str, Kind]:
    """All kinds of faults by name."""
    told = f'fact struck "$HOSTNAME"\n{LONG}'
    return {
        kind.name: kind
        for kind in (
            Kind("die", told, everywhere=True, then="die", codes=(-signal.SIGKILL,), silence=3),
            Kind("cut", f"pkill -KILL -u \"$EUID\" '^sshd'\n{LONG}"),
            Kind("fail", "false"),
            Kind("disk", FILL, codes=(0, 1), small=True),
            Kind("restart", told, then="wait", act=pull_the_plug, restarts=True),
            Kind("interrupt", told, everywhere=True, then="wait", act=press_ctrl_c, codes=(130,)),
            Kind("network", told, then="wait", act=pull_the_cable, silence=3, restarts=True),
        )
    }


def strike(kind: Kind, place: Place, project: Project) -> Run:
    """Run an operation, let the fault strike in one of its steps, and wait until fab has ended."""
    process = begin(kind, place, project)
    try:
        if kind.act and await_mark(project.folder / "struck", process):
            kind.act(project, place.victim, process)
    except BaseException:  # a test that is skipped, say
        process.kill()
        raise
    return wait(process)


def begin(kind: Kind, place: Place, project: Project) -> subprocess.Popen[str]:
    """Start an operation with a fault in one of its steps, and do not wait for it."""
    hosts = place.hosts if kind.everywhere else (place.victim,)
    mark = project.folder / "struck"
    mark.unlink(missing_ok=True)
    script = kind.script.replace("BASE", shlex.quote(project.base))
    unheard = place.now and LONG in script
    if unheard:
        script = script.replace(LONG, SHORT)
    plan = {
        "step": place.step,
        "script": f"case $HOSTNAME in {'|'.join(hosts)})\n{script}\n;; esac",
        "hosts": len(hosts),
        "unheard": UNHEARD if unheard else 0,
        "then": str(mark) if kind.then == "wait" else kind.then,
        "silence": kind.silence,
        "clock": kind.clock,
    }
    return project.start(place.operation, *place.words, program=FAB, **{VARIABLE: json.dumps(plan)})


def await_mark(mark: Path, process: subprocess.Popen[str]) -> bool:
    """Wait until the fault has struck; False if fab ended before."""
    deadline = time.monotonic() + PATIENCE
    while not mark.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def pull_the_plug(project: Project, host: str, process: subprocess.Popen[str]) -> None:
    project.hosts.kill(host)
    project.hosts.start(host)


def press_ctrl_c(project: Project, host: str, process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)


def pull_the_cable(project: Project, host: str, process: subprocess.Popen[str]) -> None:
    """Until both sides have given each other up; then fab finds the host again, and what it has done."""
    from slipway import lab

    lab.disconnect(project.hosts.folder, host)
    time.sleep(5)
    lab.reconnect(project.hosts.folder, host)
