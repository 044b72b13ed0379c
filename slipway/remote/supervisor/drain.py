"""Drain and stop one program without losing a request."""

from __future__ import annotations

import os
import socket
import time

from slipway.remote.host.program_io import say
from slipway.remote.supervisor.list_and_stop_groups import POLL, processes, remove, stop, unlink
from slipway.remote.web.wait_accept_queue_empty import wait_until_empty


def retire(supervisor: str, program: str, socket: str | None, grace: float, fresh: bool = True) -> None:
    """Send TERM to a program once nobody waits at its socket any more; do not wait for its end.

    One that is only just starting, and is ended before it has a socket, would leave the file of its predecessor's.

    Args:
        fresh: whether visitors may have come to the socket until just now, so that one look at it is not enough.
    """
    if socket and not unlink_dead(socket) and not wait_until_empty(socket, grace, 3 if fresh else 1):
        say(f"{program}: connections still waited at {socket} after {grace:g} s; it is stopped all the same.")
    stop(supervisor, program)


def collect(supervisor: str, programs: list[str], sockets: dict[str, str], wait: float) -> list[str]:
    """Make supervisord forget programs as they end.

    Returns:
        Those that still run after `wait` seconds.
    """
    deadline = time.monotonic() + wait
    left = list(programs)
    while True:
        known = processes(supervisor)
        for program in list(left):
            if program not in known or remove(supervisor, program):
                left.remove(program)
                unlink(sockets.get(program))
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(POLL)


def unlink_dead(path: str) -> bool:
    """Delete a unix socket that nobody listens at; say whether it was there, and dead. A link to one stays."""
    if os.path.islink(path):
        return False
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.setblocking(False)
        try:
            visitor.connect(path)
        except ConnectionRefusedError:
            unlink(path)
            return True
        except OSError:
            return False
    return False
