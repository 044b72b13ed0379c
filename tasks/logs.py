"""The task that shows what the app and nginx have written: logs."""

from __future__ import annotations

import sys

from invoke import Context, Exit, task

from slipway.core.printable import clean

from .common import selected_with_processes

INTERRUPTED = 130  # as shells report a program that SIGINT has ended


@task(
    help={
        "follow": "Also show new lines as they come, through rotations, deploys and lost connections, until Ctrl-C.",
        "f": "The same as --follow.",
        "lines": "How many of the last lines of each host (default: 100; 10 with --follow; all with --since).",
        "since": "No older lines: 10m, 2h, 3d, 13:45, 2026-11-20 or '2026-11-20 13:45'.",
        "grep": "Only lines that match this regular expression (Python's).",
        "process": "web, worker, a worker's name, nginx, access, error, task:ID; several by commas.",
        "release": "Only lines of this release: its id, its short commit, current or standby.",
        "json": "One JSON object a line.",
    },
    auto_shortflags=False,
)
def logs(
    c: Context,
    follow: bool = False,
    f: bool = False,
    lines: int = -1,
    since: str = "",
    grep: str = "",
    process: str = "",
    release: str = "",
    json: bool = False,
) -> None:
    """Show the logs of all hosts in one stream, ordered by time: web, workers and nginx's errors.

    Examples: fab logs -f --hosts=prod    fab logs --since=10m --process=access --grep=' 50[0-9] '
    """
    import os
    import signal

    from slipway.core.broken_pipe import BROKEN_PIPE, reader_is_gone
    from slipway.logs.line_format import as_json, as_lines
    from slipway.logs.query import labels, make_query
    from slipway.logs.tail_hosts import tail
    from slipway.output.terminal import terminal

    _, hosts = selected_with_processes(c)
    query = make_query(
        hosts,
        follow=follow or f,
        lines=lines,
        since=since,
        grep=grep,
        process=process,
        release=release,
        timed=json,
    )
    to = terminal(sys.stdout)
    show = as_json if json else as_lines([host.name for host in hosts], labels(hosts, query), to)
    broken: list[bool] = []

    def write(data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(1, left) :]

    def gone() -> bool:
        if reader_is_gone():
            broken.append(True)
        return bool(broken)

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        failures = tail(hosts, query, show, write, say, gone)
    except KeyboardInterrupt:
        raise Exit(code=INTERRUPTED) from None
    if broken:
        raise Exit(code=BROKEN_PIPE)
    for failure in failures:
        print(
            f"error: {clean(failure.message)}",
            *([f"  → {clean(failure.hint)}"] if failure.hint else []),
            sep="\n",
            file=sys.stderr,
        )
    if failures:
        raise Exit(code=1)


def say(text: str) -> None:
    """Tell people something that is not in a log."""
    print(f"-- {clean(text)}", file=sys.stderr, flush=True)
