"""Prepare a restart: give each process a second program under another name, beside the running one.

Options:
    supervisor: path of supervisord's unix socket.
    base: the app's folder. release: the id of the release.
    processes: names of the processes to restart; empty: all that are not stopped.
    stopped: folder with a file for each process that people have stopped.

The new program differs from the old one in its name, its log and, if it is the web server, its socket. Everything is
made from what the release has: nothing is rendered anew. Into `conf/again` go PROCESS.program, `boot.json` (if web is
among them), `workers.json` (for the others that are restarted), and `whole.json`, which is to become the release's
`workers.json`. For the link `run/web.sock` there are two more, so that neither way needs disk space: `web.sock.new`
leads to the new socket and `web.sock.back` to the present one, once they are in its place. They are not made in `run/`,
where the app could be first to make one.

Facts: `restarting` [process].
"""

from __future__ import annotations

import json
import os

from slipway.remote.host.program_io import Failed, fact, run
from slipway.remote.supervisor.list_and_stop_groups import processes, unlink
from slipway.remote.supervisor.program_names import enabled, named, parse, sections

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OVER = ("STOPPED", "EXITED", "FATAL")


def main(options: dict[str, Any]) -> None:
    """Choose names, and write everything that the restart needs."""
    folder = os.path.join(options["base"], "releases", options["release"])
    conf = os.path.join(folder, "conf")
    chosen = wanted(conf, options)
    taken = busy(options["supervisor"], os.path.join(options["base"], "supervisor.d"))
    restart_conf = os.path.join(conf, "again")
    os.makedirs(restart_conf, mode=0o750, exist_ok=True)
    changes: dict[str, str] = {}
    for process in chosen:
        old = sections(os.path.join(conf, f"{process}.program"))[0]
        new = next(name for name in names(old) if name != old and name not in taken)
        changes.update(differences(folder, old, new))
        rewrite(conf, restart_conf, process, old, new, changes)
    if "web" in chosen:
        keep(restart_conf, "boot.json", changed(load(conf, "boot.json"), changes))
        links(restart_conf, changes)
    others = [process for process in chosen if process != "web"]
    if others:
        whole = changed(load(conf, "workers.json"), changes)
        keep(restart_conf, "whole.json", whole)
        some = [program for program in whole["programs"] if parse(program)[1] in others]
        keep(restart_conf, "workers.json", {**whole, "programs": some})
    fact("restarting", chosen)


def wanted(conf: str, options: dict[str, Any]) -> list[str]:
    """Return the names of the processes to restart."""
    known = sorted(name[: -len(".program")] for name in os.listdir(conf) if name.endswith(".program"))
    stopped = os.listdir(options["stopped"]) if os.path.isdir(options["stopped"]) else []
    for process in options["processes"]:
        if process not in known:
            raise Failed(f"the current release has no process {process}; it has {', '.join(known)}")
        if process in stopped:
            raise Failed(f"{process} is stopped: `fab start --process={process}` starts it")
    if "web" in known and not os.path.islink(os.path.join(os.path.dirname(conf), "run", "web.sock")):
        raise Failed(
            "this release was made before there were restarts: `fab deploy --again` makes a new one of the same"
        )
    chosen = options["processes"] or [process for process in known if process not in stopped]
    if not chosen:
        raise Failed("everything is stopped: `fab start` starts it")
    return chosen


def busy(supervisor: str, folder: str) -> set[str]:
    """Return the names of programs that cannot be taken: what still ends, and what a reboot would start."""
    known = processes(supervisor).items()
    return enabled(folder) | {name for name, all in known if any(one["statename"] not in OVER for one in all)}


def names(program: str) -> list[str]:
    """Return the names that a process of a release may have; low ones first, so that its logs are few."""
    release, process, _ = parse(program)
    return [named(release, process, generation) for generation in range(1, 100)]


def differences(folder: str, old: str, new: str) -> dict[str, str]:
    """Return every word that is another one in the new program, by the old one."""
    release, process, before = parse(old)
    after = parse(new)[2]
    base = os.path.dirname(os.path.dirname(folder))
    changes = {old: new}
    for name in (process, f"{process}.0"):
        log = os.path.join(base, "log", name)
        changes[f"{log}{suffix(release, before)}"] = f"{log}{suffix(release, after)}"
    programs = os.path.join(base, "supervisor.d")
    changes[os.path.join(programs, f"{old}.conf")] = os.path.join(programs, f"{new}.conf")
    if process == "web":
        socket = os.path.join(folder, "run", "web.{}.sock")
        changes[socket.format(before)] = socket.format(after)
    return changes


def suffix(release: str, generation: int) -> str:
    """Return the end of a log's name: two programs must not write to one."""
    return f".{generation}.{release}.log" if generation > 1 else f".{release}.log"


def rewrite(conf: str, restart_conf: str, process: str, old: str, new: str, changes: dict[str, str]) -> None:
    """Write the file for supervisord."""
    with open(os.path.join(conf, f"{process}.program"), encoding="utf-8") as file:
        text = file.read()
    release, _, before = parse(old)
    pairs = [(f"[program:{old}]", f"[program:{new}]"), (suffix(release, before), suffix(release, parse(new)[2]))]
    pairs += [(key, value) for key, value in changes.items() if key.endswith(".sock")]
    for key, value in pairs if process == "web" else pairs[:2]:
        if key not in text:
            raise Failed(f"{process} cannot be restarted: its program.conf.j2 is your own, and holds no {key}")
        text = text.replace(key, value)
    with open(os.path.join(restart_conf, f"{process}.program"), "w", encoding="utf-8") as file:
        file.write(text)


def links(restart_conf: str, changes: dict[str, str]) -> None:
    """Make the links that lead there and back."""
    old, new = next((key, value) for key, value in changes.items() if key.endswith(".sock"))
    for name, target in (("web.sock.new", new), ("web.sock.back", old)):
        path = os.path.join(restart_conf, name)
        unlink(path)
        os.symlink(os.path.basename(target), path)


def changed(value: Any, changes: dict[str, str]) -> Any:
    """Return data with some of its words changed, keys among them."""
    if isinstance(value, dict):
        return {changes.get(key, key): changed(item, changes) for key, item in value.items()}
    if isinstance(value, list):
        return [changed(item, changes) for item in value]
    return changes.get(value, value) if isinstance(value, str) else value


def load(folder: str, name: str) -> Any:
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def keep(folder: str, name: str, value: Any) -> None:
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(json.dumps(value, sort_keys=True) + "\n")


if __name__ == "__main__":
    run(main)
