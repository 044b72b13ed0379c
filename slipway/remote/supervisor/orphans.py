"""Find the processes that a killed supervisord of this app left behind, and nothing else."""

from __future__ import annotations

import os

from slipway.remote.host.proc import as_user, live, owner, stat
from slipway.remote.supervisor.rpc import account, call, nonsense

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def orphans(supervisor: str) -> list[int]:
    """Return the process groups of orphans, all of the app's account.

    supervisord gives each process that it starts a process group of its own, in supervisord's session, and
    its socket's address in the environment. What carries that address, belongs to the same user, and does
    not descend from the supervisord that runs, was left by one before it. A process that the app itself put
    into a session of its own (a daemon) is not touched, nor a one-off task: it never had that environment.
    """
    master, user = call(supervisor, "getPID"), account(supervisor)
    if not isinstance(master, int) or owner(master) != user:
        raise nonsense(supervisor)
    own = os.path.join(os.path.realpath(os.path.dirname(supervisor)), os.path.basename(supervisor))
    table = {pid: state for pid in live() for state in [stat(pid)] if state}
    found: list[int] = []
    for pid, (_, group, session) in sorted(table.items()):
        suspect = group not in found and group != session and owner(pid) == user
        if suspect and not descends(pid, master, table) and address(pid, user) == own:
            found.append(group)
    return found


def descends(pid: int, master: int, table: Mapping[int, tuple[int, int, int]]) -> bool:
    """Say whether a process is `master` or was started by it, by way of whomever."""
    while pid > 1:
        if pid == master:
            return True
        pid = table[pid][0] if pid in table else 0
    return False


def address(pid: int, user: int) -> str | None:
    """Return the socket of the supervisord that a process was started by, from its environment."""
    path = f"/proc/{pid}/environ"
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            environment = file.read()
    except PermissionError:
        environment = as_user(user, ["cat", path])
    except OSError:
        return None
    prefix = "SUPERVISOR_SERVER_URL=unix://"
    urls = [line[len(prefix) :] for line in environment.split("\0") if line.startswith(prefix)]
    if not urls:
        return None
    return os.path.join(os.path.realpath(os.path.dirname(urls[0])), os.path.basename(urls[0]))
