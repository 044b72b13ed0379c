"""Shows the logs of all hosts in one output until they end or the user stops."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from slipway.core.errors import SlipwayError
from slipway.logs.host_feed import HostFeed, Say
from slipway.logs.line_format import Show
from slipway.logs.merge_hosts import Merge
from slipway.logs.query import Query

if TYPE_CHECKING:
    from slipway.inventory import Host

IDLE = 0.5  # seconds from one look whether anybody reads to the next


def tail(
    hosts: Sequence[Host],
    query: Query,
    show: Show,
    write: Callable[[bytes], object],
    say: Say,
    gone: Callable[[], bool],
) -> list[SlipwayError]:
    """Write the lines of all hosts; where they are followed, until Ctrl-C.

    Args:
        show: makes what is written of the lines.
        write: writes; as long as it does not return, nothing is taken from the hosts.
        say: is told what people should know besides.
        gone: whether nobody reads any more.

    Returns:
        What went wrong, for each host that failed.
    """
    from slipway.fleet.stream_program_output import Stream

    merge = Merge([host.name for host in hosts])
    feeds = [HostFeed(host, query, merge, Stream, say) for host in hosts]
    for feed in feeds:
        threading.Thread(target=feed.run, daemon=True).start()
    try:
        while (batches := merge.take(IDLE)) is not None:
            if batches:
                write(b"".join(map(show, batches)))
            elif gone():
                break
    finally:
        merge.close()
        for feed in feeds:
            threading.Thread(target=feed.cut, daemon=True).start()
    return [feed.failure for feed in feeds if feed.failure]
