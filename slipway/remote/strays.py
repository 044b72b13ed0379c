"""Clear away what earlier operations left: programs that nobody needs, and processes that nobody looks after.

Options:
    supervisor: path of supervisord's unix socket.
    base: the app's folder: the programs of the release that `current` points to in there stay, whatever else is
        asked.
    standby: names of the processes (default: web) that stay of the release that `standby` points to.
    keep: names of further programs that stay.
    folder: supervisord's include folder; a program's file goes with it, so do half-written ones (`*.new`).
    grace: seconds that requests may wait to be accepted before a web program is stopped anyway (30 if not given).
    wait: seconds to wait until the programs have ended; 0 (default): the rest is cleared away next time.
    ending: path of a file to hold the ids of the releases whose programs still end, one a line; not there if none.

A stray program gets no new requests any more; once it has accepted those that waited, it is stopped by TERM. An
orphan is what a supervisord that was killed left running: a duplicate runs since, on the same socket path. It is
ended by SIGKILL, since at TERM gunicorn would unlink the duplicate's socket.

Facts: `strays` {"removed": [program], "stopping": [program], "files": [path], "orphans": [process group]}.
"""

from __future__ import annotations

import os
import re

from slipway.remote.facts import fact, run, say
from slipway.remote.groups import processes, unlink
from slipway.remote.orphans import orphans
from slipway.remote.proc import kill_group
from slipway.remote.retire import collect, retire
from slipway.remote.rpc import Down

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What was told to stop earlier, or will not be started again, has nothing to drain. (EXITED may be started again.)
OVER = ("STOPPING", "STOPPED", "FATAL")
SECTION = re.compile(r"^\[(?:program|group|eventlistener|fcgi-program):([^\]]+)\]", re.MULTILINE)


def main(options: dict[str, Any]) -> None:
    """Files first, so that nothing comes back by a restart; then programs, then orphans."""
    supervisor = options["supervisor"]
    base = options.get("base")
    wanted = set(options.get("keep", ()))
    wanted |= {f"{id}.{name}" for id in linked(base, "standby") for name in options.get("standby", ("web",))}
    releases = linked(base, "current")
    files = stray_files(options["folder"], wanted, releases)
    unlink(*files)
    try:
        known = processes(supervisor)
    except Down:  # then nothing of it runs, as after a restart of the host
        say("the app's supervisord does not run; only files were cleared away")
        known, lost = {}, []
    else:
        lost = orphans(supervisor)
    programs = [name for name in known if not kept(name, wanted, releases)]
    for name in programs:
        if all(process["statename"] in OVER for process in known[name]):
            continue
        say(f"stopping {name}, which is not needed any more")
        fresh = name.rpartition(".")[0] in linked(base, "standby")
        retire(supervisor, name, socket_of(base, name), None, options.get("grace", 30), fresh)
    left = collect(supervisor, programs, {}, options.get("wait", 0)) if programs else []
    remember(options.get("ending"), {name.rpartition(".")[0] for name in left})
    for group in lost:
        say(f"killing process group {group}: the supervisord that started it is gone")
        kill_group(group)
    removed = [name for name in programs if name not in left]
    fact("strays", {"removed": removed, "stopping": left, "files": files, "orphans": lost})


def remember(path: str | None, releases: set[str]) -> None:
    """Write down which releases still finish their last requests: they need their files."""
    if path and releases:
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(f"{release}\n" for release in sorted(releases)))
    else:
        unlink(path)


def linked(base: str | None, name: str) -> set[str]:
    """Return the id of the release that `current` or `standby` points to, if there is one."""
    try:
        return {os.path.basename(os.readlink(os.path.join(base, name)))} if base else set()
    except OSError:
        return set()


def socket_of(base: str | None, program: str) -> str | None:
    """Return the path of the socket that a release's web program listens on, None for any other program."""
    release, _, name = program.rpartition(".")
    return os.path.join(base, "releases", release, "run", "web.sock") if base and name == "web" else None


def kept(program: str, wanted: set[str], releases: set[str]) -> bool:
    """Say whether a program stays; one of a release is named RELEASE.PROCESS."""
    return program in wanted or program.rpartition(".")[0] in releases


def stray_files(folder: str, wanted: set[str], releases: set[str]) -> list[str]:
    """Return the files of programs that are not kept, and files that were never finished."""
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        path = os.path.join(folder, name)
        if name.endswith(".new"):
            found.append(path)
        elif name.endswith(".conf"):
            with open(path, encoding="utf-8", errors="replace") as file:
                programs = SECTION.findall(file.read())
            if not any(kept(program.strip(), wanted, releases) for program in programs):
                found.append(path)
    return found


if __name__ == "__main__":
    run(main)
