"""Connects to all hosts in parallel, one SSH login each, and starts the agent on each of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING

from slipway.fleet.agent_session import AgentOptions, Session
from slipway.fleet.daemon_threads import start
from slipway.fleet.ssh_connect import connect

if TYPE_CHECKING:
    from slipway.core.shell import Script
    from slipway.inventory import Host

CONNECTING = 64  # hosts at a time


class Connections:
    """Logs in to hosts.

    Args:
        options: what the agent of a host is to hold.

    Attributes:
        first: the script that each host by its name is to run first, as far as that is known while it is entered.
    """

    def __init__(self, options: Callable[[Host], AgentOptions]) -> None:
        self.options = options
        self.first: Mapping[str, Script] = {}
        self._logins = threading.BoundedSemaphore(CONNECTING)
        self._ahead: dict[str, Future[Session]] = {}

    def dial(self, hosts: Iterable[Host]) -> None:
        """Begin to enter while the caller is still at work; `enter` takes the sessions over."""
        self._ahead = {host.name: start(self._enter, host) for host in hosts}

    def enter(self, host: Host) -> Session:
        """Log in and start the agent, unless that was begun already.

        Raises:
            Unreachable, Busy, Refused: see there.
        """
        ahead = self._ahead.pop(host.name, None)
        return ahead.result() if ahead else self._enter(host)

    def close(self) -> None:
        """Leave the hosts that nobody took over."""
        for ahead in self._ahead.values():
            ahead.add_done_callback(_leave)

    def _enter(self, host: Host) -> Session:
        with self._logins:
            connection = connect(host, host.admin if self.options(host).root else host.user)
        return Session(connection, self.options(host), host.name, lambda: self.first.get(host.name))


def _leave(ahead: Future[Session]) -> None:
    if not ahead.cancelled() and not ahead.exception():
        ahead.result().close()
