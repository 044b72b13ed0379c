"""Run a one-off command to its end, in its own process session, and record the result.

Comes with its options on standard input, which stays open: when the other end of it is closed, the client has gone or
wants no more, and the command is ended with everything that it started. A detached one goes on without anybody.

Options (one line of JSON):
    argv: the words to run. given: how many bytes after the options are the standard input of the command.
    launcher: `conf/run` of a release: the command runs inside it. base: the app's folder: in its current release.
    folder: where the record is kept; none if not given. about: what the record says of it from the beginning.
    timeout: seconds after which it is ended with exit code 124, as by timeout(1).
    detach: return at once and let it run.

Record: `task.json` {about, release, started, pid, session, born, boot}, `output`, and `end.json` {code, state, why,
ended, seconds}, which is there as soon as the command has ended, whole. `stop` is there if somebody asked for its end.
"""

from __future__ import annotations

import json
import os
import sys
import time

from slipway.remote.host.program_io import Failed, fact, run, say
from slipway.remote.tasks.process_sessions import boot, read_record, start_ticks, write_record
from slipway.remote.tasks.supervised_command import supervise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KEEP = 200  # records


def main(_: dict[str, Any]) -> None:
    """Run it, and end as it ended."""
    options = json.loads(sys.stdin.buffer.readline())
    options["input"] = sys.stdin.buffer.read(options.get("given", 0))
    os.umask(0o007)
    argv = [*inside(options), *options["argv"]]
    folder = options.get("folder")
    if folder:
        make(folder)
    if options.get("detach"):
        detach(argv, options)
        return
    code = recorded(argv, options, shown=True)
    sys.stdout.flush()
    os._exit(code)


def inside(options: dict[str, Any]) -> list[str]:
    """Return the words that run a command inside a release, and note in the record which one it is."""
    launcher = options.get("launcher")
    if options.get("base"):
        release = os.path.realpath(os.path.join(options["base"], "current"))
        launcher = os.path.join(release, "conf", "run")
        if not os.path.exists(launcher):
            raise Failed("nothing has been deployed here yet: run `fab deploy` first")
        options["about"]["release"] = os.path.basename(release)
    return [launcher] if launcher else []


def make(folder: str) -> None:
    """Make the folder of the record, and forget the oldest ones."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise Failed(f"{folder} cannot be made ({error.strerror}): has `fab provision` been run?") from error
    parent = os.path.dirname(folder)
    found = [os.path.join(parent, name) for name in os.listdir(parent)]
    if len(found) > KEEP:
        import shutil

        for old in sorted(found, key=age)[:-KEEP]:
            if os.path.exists(os.path.join(old, "end.json")):
                shutil.rmtree(old, ignore_errors=True)


def age(path: str) -> float:
    """Return when something was changed last; the app may have put a link there that leads nowhere."""
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return 0.0


def detach(argv: list[str], options: dict[str, Any]) -> None:
    """Go on in a process that has nothing to do with this one; return when the command has started."""
    heard, told = os.pipe()
    if os.fork():
        os.close(told)
        if os.read(heard, 1) != b"+":
            raise Failed("the task did not start; its record may say why")
        fact("task", options["about"]["id"])
        return
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.closerange(3, told)
    os.closerange(told + 1, 4096)
    os._exit(recorded(argv, options, shown=False, started=told))


def recorded(argv: list[str], options: dict[str, Any], shown: bool, started: int | None = None) -> int:
    """Run the command; return its exit code."""
    folder = options.get("folder")
    began, clock = time.time(), time.monotonic()

    def begun(pid: int) -> None:
        if folder:
            about = {**options["about"], "started": began, "timeout": options.get("timeout")}
            here = {"pid": os.getpid(), "session": pid, "born": start_ticks(os.getpid()), "boot": boot()}
            write_record(folder, "task.json", {**about, **here})
        if started is not None:
            os.write(started, b"+")
            os.close(started)

    output = os.path.join(folder, "output") if folder else None
    code, why = supervise(argv, options["input"], output, options.get("timeout"), shown, begun)
    if folder:
        stop = read_record(folder, "stop")
        if stop is not None:
            why = f"stopped by {stop.get('who')}"
        state = "stopped" if why.startswith("stopped") else "failed" if code else "succeeded"
        seconds = round(time.monotonic() - clock, 2)
        ended = {"code": code, "state": state, "why": why, "ended": time.time(), "seconds": seconds}
        write_record(folder, "end.json", ended)
    if shown and why:
        say(why)
    return code


if __name__ == "__main__":
    run(main)
