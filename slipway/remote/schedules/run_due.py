"""Run the schedules that are due, on the one host of the fleet that was chosen.

Options:
    options: path of a JSON file with
    base: the app's folder. release: the id of the release that this is a part of. host: our name in the inventory.
    schedules: {name: {cron, command}}.

It looks once a minute, in UTC. What is due runs if our release is the current one, and if `scheduler.json` says that
the minute is ours. So a switch to another release or to another host needs no agreement between two that run:
each minute belongs to one of them. Each run is claimed under a lock before it begins, so that none happens twice.
A minute that was missed, since nobody looked, is made up for within CATCH_UP minutes; of several, only the last.
After the clock was set back, what has run does not run again, as with cron, unless it was more than three hours.

A run is a session of its own: it goes on when this program ends. No schedule runs beside itself: the lock
`schedules/NAME/lock` is held by the command too, and a run that finds it held is left out, which its log says.

In `schedules/NAME` lie `running.json` {minute, started, pid, session, born, boot, release} while it runs, `last.json`
{minute, started, ended, seconds, code, release}, and `left-out.json` {minute, when}.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time

from slipway.remote.host.program_io import run, say
from slipway.remote.schedules.assigned_host import assigned_to
from slipway.remote.schedules.cron import MINUTE, due, read_cron
from slipway.remote.supervisor.program_names import link
from slipway.remote.tasks.process_sessions import boot, read_record, signal_session, start_ticks, write_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CATCH_UP = 5  # minutes
SET_BACK = 180  # minutes
NAP = 20.0  # seconds; a clock may be set while we sleep
LOG_BYTES = 10_000_000
LOGS = 3  # that are kept besides


def main(words: dict[str, Any]) -> None:
    """Look until somebody ends us."""
    with open(words["options"], encoding="utf-8") as file:
        options = json.load(file)
    told = f"{len(options['schedules'])} schedules of {options['release']}: {', '.join(options['schedules'])}"
    say(f"{stamp(time.time())} looking every minute, in UTC, for {told}")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        try:
            look(options, int(time.time() // MINUTE))
        except OSError as error:  # a full disk, say: the next minute is another one
            say(f"{stamp(time.time())} {error}")
        now = time.time()
        time.sleep(min(NAP, MINUTE - now % MINUTE + 0.01))


def look(options: dict[str, Any], now: int) -> None:
    """Start what is due; `now` is the minute, counted from the epoch."""
    folder = os.path.join(options["base"], "schedules")
    if link(options["base"], "current") != options["release"]:
        return
    last = (read_record(folder, "seen.json") or {}).get("minute")
    seen = now if last is None or last - now > SET_BACK else last
    begin = max(seen, now - CATCH_UP) + 1
    for name, schedule in options["schedules"].items():
        times = read_cron(schedule["cron"])
        found = [
            one
            for one in range(begin, now + 1)
            if due(times, one) and assigned_to(options["base"], options["host"], one)
        ]
        if found:
            start(options, name, schedule["command"], found[-1])
    if max(seen, now) != last:
        write_record(folder, "seen.json", {"minute": max(seen, now)})


def start(options: dict[str, Any], name: str, command: str, minute: int) -> None:
    """Run a schedule in a process of its own."""
    if os.fork():
        return
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        folder = os.path.join(options["base"], "schedules", name)
        os.makedirs(folder, mode=0o770, exist_ok=True)
        if claim(folder, minute):
            carry_out(options, name, command, minute)
    except Exception as error:
        say(f"{stamp(time.time())} {name}: {type(error).__name__}: {error}")
    finally:
        os._exit(0)


def claim(folder: str, minute: int) -> bool:
    """Say whether nobody has begun this run, or a later one, before us; and that we do."""
    with open(os.path.join(folder, "claim"), "a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read().strip()
        last = int(text) if text.isdecimal() else 0
        if minute <= last <= minute + SET_BACK:
            return False
        file.truncate(0)
        file.write(f"{minute}\n")
    return True


def carry_out(options: dict[str, Any], name: str, command: str, minute: int) -> None:
    """Run the command to its end, unless the run before still goes on; record how it ended."""
    import subprocess

    folder = os.path.join(options["base"], "schedules", name)
    lock = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT, 0o660)
    log = os.path.join(options["base"], "log", f"{name}.{options['release']}.log")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        write_record(folder, "left-out.json", {"minute": minute, "when": time.time()})
        write(log, f"{name}: left out, since the run before still goes on")
        return
    rotate(log)
    began, clock = time.time(), time.monotonic()
    launcher = os.path.join(options["base"], "releases", options["release"], "conf", "run")
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    child = subprocess.Popen(
        [launcher, "sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        pass_fds=(lock,),
    )
    about = {"minute": minute, "started": began, "release": options["release"]}
    here = {"pid": os.getpid(), "session": child.pid, "born": start_ticks(os.getpid()), "boot": boot()}
    write_record(folder, "running.json", {**about, **here})
    code = child.wait()
    signal_session(child.pid, signal.SIGTERM)  # what it left in the background
    seconds = round(time.monotonic() - clock, 2)
    code = 128 - code if code < 0 else code
    write_record(folder, "last.json", {**about, "ended": time.time(), "seconds": seconds, "code": code})
    os.unlink(os.path.join(folder, "running.json"))
    write(log, f"{name}: exit code {code} after {seconds:.2f} s")


def rotate(log: str) -> None:
    """Begin a new log where it has grown large; nobody writes to it now."""
    if os.path.exists(log) and os.path.getsize(log) > LOG_BYTES:
        for number in range(LOGS, 0, -1):
            older = f"{log}.{number - 1}" if number > 1 else log
            if os.path.exists(older):
                os.replace(older, f"{log}.{number}")


def write(log: str, line: str) -> None:
    """Add a line of our own to a log."""
    with open(log, "a", encoding="utf-8") as file:
        file.write(f"{stamp(time.time())} {line}\n")


def stamp(moment: float) -> str:
    """Write a time as `fab logs` reads it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


if __name__ == "__main__":
    run(main)
