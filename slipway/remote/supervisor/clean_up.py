"""Clean up after earlier operations: programs that are no longer needed, and orphaned processes.

Options:
    supervisor: path of supervisord's unix socket.
    base: the app's folder: the programs of the release that `current` points to in there stay, whatever else is
        asked. What a restart has replaced is no longer among them, nor what was told to stop.
    standby: names of the processes (default: web) that stay of the release that `standby` points to.
    keep: names of further programs that stay.
    folder: supervisord's include folder; a program's file goes with it, so do half-written ones (`*.new`).
    grace: seconds that requests may wait to be accepted before a web program is stopped anyway (30 if not given).
    wait: seconds to wait until the programs have ended; 0 (default): the rest is cleared away next time.
    ending: path of a file to hold the ids of the releases whose programs still end, one a line; not there if none.

A stray program gets no new requests any more; once it has accepted those that waited, it is stopped by TERM. An
orphan is what a supervisord that was killed left running: a duplicate runs since, on the same socket path. It is
ended by SIGKILL, since at TERM gunicorn would unlink the duplicate's socket. Web programs that were killed, by a
restart of the host say, have left the files of their sockets: those where nobody listens go, too.

Facts: `strays` {"removed": [program], "stopping": [program], "files": [path: of programs and sockets], "orphans":
[process group]}.
"""

from __future__ import annotations

import os

from slipway.remote.host.proc import kill_group
from slipway.remote.host.program_io import fact, run, say
from slipway.remote.supervisor.drain import collect, retire, unlink_dead
from slipway.remote.supervisor.list_and_stop_groups import processes, unlink
from slipway.remote.supervisor.orphans import orphans
from slipway.remote.supervisor.program_names import enabled, in_force, link, named, parse, sections, socket_of
from slipway.remote.supervisor.rpc import account
from slipway.remote.supervisor.wait_for_supervisord import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# What was told to stop earlier, or will not be started again, has nothing to drain. (EXITED may be started again.)
OVER = ("STOPPING", "STOPPED", "FATAL")


def main(options: dict[str, Any]) -> None:
    """Files first, so that nothing comes back by a restart; then programs, then orphans."""
    supervisor = options["supervisor"]
    base = options.get("base")
    wanted = Wanted(base, set(options.get("keep", ())), options.get("standby", ("web",)))
    files = stray_files(options["folder"], wanted)
    unlink(*files)
    there = enabled(options["folder"])
    known, lost = {}, []
    if answers(supervisor):
        known, lost = processes(supervisor), orphans(supervisor)
    else:  # then nothing of it runs, as after a restart of the host
        say("the app's supervisord does not run; only files were cleared away")
    programs = [name for name in known if not wanted.has(name, there)]
    for name in programs:
        if all(process["statename"] in OVER for process in known[name]):
            continue
        say(f"stopping {name}, which is not needed any more")
        fresh = parse(name)[0] in wanted.roles  # served until the switch, or until a restart
        retire(supervisor, name, socket_of(base, name), options.get("grace", 30), fresh)
    left = collect(supervisor, programs, {}, options.get("wait", 0)) if programs else []
    remember(options.get("ending"), {name.rpartition(".")[0] for name in left})
    for group in lost:
        say(f"killing process group {group}: the supervisord that started it is gone")
        kill_group(group, account(supervisor))
    files += dead_sockets(base, lambda program: wanted.has(program) or program in left)
    removed = [name for name in programs if name not in left]
    fact("strays", {"removed": removed, "stopping": left, "files": files, "orphans": lost})


def remember(path: str | None, releases: set[str]) -> None:
    """Write down which releases still finish their last requests: they need their files."""
    if path and releases:
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(f"{release}\n" for release in sorted(releases)))
    else:
        unlink(path)


class Wanted:
    """Which programs stay.

    Args:
        keep: these in any case.
        standby: names of the processes that stay of the standby.
    """

    def __init__(self, base: str | None, keep: set[str], standby: list[str]) -> None:
        self.keep = keep
        self.standby = standby
        self.roles = {link(base, "standby"): "standby", link(base, "current"): "current"}
        self.force = {release: in_force(base, release) for release in self.roles if base and release}

    def has(self, program: str, there: set[str] | None = None) -> bool:
        """Say whether a program stays, as far as that depends on its name, and on the files that are `there`."""
        release, process, _ = parse(program)
        role = self.roles.get(release)
        if program in self.keep:
            return True
        if role is None or (role == "standby" and process not in self.standby):
            return False
        force = self.force.get(release)
        return force is None or (program in force and (there is None or program in there))


def dead_sockets(base: str | None, spared: Callable[[str], bool]) -> list[str]:
    """Delete the sockets that nobody listens at any more; return their paths.

    Args:
        spared: says whether a program stays, or still ends: gunicorn stumbles where its socket is gone before it.
    """
    folder = os.path.join(base, "releases") if base else ""
    found = []
    for release in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        run = os.path.join(folder, release, "run")
        for name in sorted(os.listdir(run)) if os.path.isdir(run) else ():
            process, _, rest = name.partition(".")
            generation = rest.partition(".")[0]
            program = named(release, process, int(generation) if generation.isdecimal() else 1)
            if name.endswith(".sock") and not spared(program) and unlink_dead(os.path.join(run, name)):
                found.append(os.path.join(run, name))
    return found


def stray_files(folder: str, wanted: Wanted) -> list[str]:
    """Return the files of programs that are not kept, and files that were never finished."""
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        path = os.path.join(folder, name)
        if name.endswith(".new") or (name.endswith(".conf") and not any(map(wanted.has, sections(path)))):
            found.append(path)
    return found


if __name__ == "__main__":
    run(main)
