"""Defines which log lines a user asks for, and where they lie on a host."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from slipway.core.errors import UsageError
from slipway.inventory.app import WEB
from slipway.logs.since import Since, parse_since
from slipway.model.hosts_to_targets import layout_of
from slipway.model.release import RELEASE_ID
from slipway.render.nginx_site import access_log, log_folder

if TYPE_CHECKING:
    from slipway.inventory import Host

LINES = 100  # of each host, if nobody says otherwise
LINES_BEFORE = 10  # the same, where they only lead up to what follows
SILENCE = 30  # seconds without a sign of life after which a host gives us up
ACCESS, ERROR, NGINX, WORKER, TASK = "access", "error", "nginx", "worker", "task:"
USUAL = (WEB, WORKER, ERROR)

_TASK = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_RELEASE = re.compile(r"current|standby|[0-9a-f]{4,40}|\d{8}(-\d{0,6}(-[0-9a-f]*(-dirty)?)?)?")


@dataclass(frozen=True)
class Query:
    """Which lines are wanted.

    Attributes:
        processes: of USUAL, NGINX, ACCESS, the names of workers, and `task:ID`.
        lines: how many of the last ones of each host; None for all that `since` allows.
        grep: regular expression.
        release: an id, its beginning, a short commit, `current`, `standby`; "" for all.
        timed: whether the time of each line is wanted, which costs the hosts some work.
    """

    processes: tuple[str, ...] = USUAL
    lines: int | None = LINES
    since: Since | None = None
    grep: str | None = None
    release: str = ""
    follow: bool = False
    timed: bool = False


def make_query(
    hosts: Sequence[Host],
    *,
    follow: bool = False,
    lines: int = -1,
    since: str = "",
    grep: str = "",
    process: str = "",
    release: str = "",
    timed: bool = False,
    now: datetime | None = None,
) -> Query:
    """Make a query from what the user typed, and check it.

    Args:
        lines: -1 if not given.
        now: local time, for `since`; the current one if not given.

    Raises:
        UsageError: no such process, not a time, not an expression, not a release.
    """
    if lines < -1:
        raise UsageError(f"--lines={lines} is no number of lines", hint="Write --lines=100.")
    try:
        re.compile(grep)
    except re.error as error:
        raise UsageError(
            f"--grep={grep} is no regular expression: {error}", hint=r"Put \ before ( [ * + ? and ."
        ) from None
    if release and not _RELEASE.fullmatch(release):
        raise UsageError(f"--release={release} is no release", hint="`fab releases` lists them; or current, standby.")
    wanted = _processes(hosts, process, bool(release))
    begin = parse_since(since, now or datetime.now().astimezone()) if since else None
    count = None if begin else LINES_BEFORE if follow else LINES
    return Query(wanted, count if lines < 0 else lines, begin, grep or None, release, follow, timed)


def _processes(hosts: Iterable[Host], text: str, of_release: bool) -> tuple[str, ...]:
    if not text:
        return (WEB, WORKER) if of_release else USUAL
    workers = list(dict.fromkeys(name for host in hosts for name in (*host.app.workers, *host.app.schedules)))
    known = (WEB, WORKER, *workers, NGINX, ACCESS, ERROR)
    wanted = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in wanted:
        if name.startswith(TASK) and _TASK.fullmatch(name[len(TASK) :]):
            continue
        if name not in known:
            raise UsageError(
                f"--process={name}: there is no such process",
                hint=f"One of {', '.join(dict.fromkeys(known))}, or task:ID (see `fab tasks.list`).",
            )
    return wanted


def labels(hosts: Iterable[Host], query: Query) -> list[str]:
    """What the processes are called in the output, as far as that is known before."""
    found = [
        name
        for host in hosts
        for name in (*([WEB] if host.app.web else []), *host.app.workers, *host.app.schedules)
        if _selects(query, name, host)
    ]
    found += [name for name in (ACCESS, ERROR) if name in query.processes or NGINX in query.processes]
    return list(dict.fromkeys([*found, *(name for name in query.processes if name.startswith(TASK))]))


def options(host: Host, query: Query) -> dict[str, object]:
    """What `slipway.remote.logs.tail` is to look for on a host."""
    layout = layout_of(host)
    tasks = [name[len(TASK) :] for name in query.processes if name.startswith(TASK)]
    folders = [
        *_app_logs(host, query, layout.log),
        *_nginx_logs(host, query),
        *({"path": str(layout.tasks / id), "match": "output", "process": TASK + id} for id in tasks),
    ]
    since = query.since
    return {
        "folders": folders,
        "base": str(layout.base),
        "release": query.release,
        "lines": query.lines,
        "ago": since.ago if since else None,
        "at": since.at if since else None,
        "grep": query.grep,
        "follow": query.follow,
        "timed": query.timed,
        "until": str(layout.tasks / tasks[0] / "end.json") if len(tasks) == len(query.processes) == 1 else None,
        "silence": SILENCE,
        "resume": None,
        "seen": 0,
    }


def _app_logs(host: Host, query: Query, folder: PurePosixPath) -> list[dict[str, str]]:
    names = [name for name in query.processes if name == WEB or name in host.app.workers or name in host.app.schedules]
    # Whatever is called worker in the inventory is meant by that word; else all of them are, former ones too.
    others = WORKER in query.processes and WORKER not in host.app.workers
    kinds = [*map(re.escape, names), *([rf"(?!{WEB}\.)[a-z][a-z0-9-]*"] if others else [])]
    if not kinds:
        return []
    match = rf"(?P<process>{'|'.join(kinds)})(?:\.\d+){{0,2}}\.(?P<release>{RELEASE_ID.pattern})\.log"
    return [{"path": str(folder), "match": match}]


def _nginx_logs(host: Host, query: Query) -> list[dict[str, str]]:
    names = [name for name in (ACCESS, ERROR) if name in query.processes or NGINX in query.processes]
    folder = log_folder(host.app, host, layout_of(host))
    prefix = re.escape(access_log(host).removesuffix("access.log"))
    return [{"path": str(folder), "match": rf"{prefix}(?P<process>{'|'.join(names)})\.log"}] if names else []


def _selects(query: Query, name: str, host: Host) -> bool:
    everyone = WORKER in query.processes and WORKER not in host.app.workers
    return name in query.processes or (everyone and name != WEB)
