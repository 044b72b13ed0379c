"""How the hosts of a fleet are entered: a login each, begun early where that saves time, then an agent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from slipway.fleet.connect import connect, disconnect
from slipway.fleet.crew import start
from slipway.fleet.session import Grip, Session

if TYPE_CHECKING:
    from fabric import Connection

    from slipway.inventory import Host

CONNECTING = 64  # hosts at a time


class Doors:
    """Logs in to hosts.

    Args:
        grip: what the agent of a host is to hold.
    """

    def __init__(self, grip: Callable[[Host], Grip]) -> None:
        self.grip = grip
        self._seats = threading.BoundedSemaphore(CONNECTING)
        self._ahead: dict[str, Future[Connection]] = {}

    def dial(self, hosts: Iterable[Host]) -> None:
        """Begin to log in while the caller is still at work; `enter` takes the connections over."""
        self._ahead = {host.name: start(self._login, host) for host in hosts}

    def enter(self, host: Host) -> Session:
        """Log in, unless that was begun already, and start the agent.

        Raises:
            Unreachable, Busy, Refused: see there.
        """
        login = self._ahead.pop(host.name, None)
        return Session(login.result() if login else self._login(host), self.grip(host), host.name)

    def close(self) -> None:
        """Close the connections that nobody took over."""
        for login in self._ahead.values():
            login.add_done_callback(_hang_up)

    def _login(self, host: Host) -> Connection:
        with self._seats:
            return connect(host, host.admin if self.grip(host).root else host.user)


def _hang_up(login: Future[Connection]) -> None:
    if not login.cancelled() and not login.exception():
        disconnect(login.result())
