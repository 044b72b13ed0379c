"""Forward the connections to a unix socket to a server that listens on a TCP port of this machine.

nginx, health checks, draining and the switch know the socket alone, so that a server on a port is to them like any
other. Whoever is first may listen on a port; so each connection is made only while the account of this process, and no
other, listens there: no other app gets this one's visitors.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import time

from slipway.remote.web.relay_connections import Relay
from slipway.remote.web.reserve_port import reserve_port
from slipway.remote.web.tcp_listeners import account_name, tcp_listeners

BACKLOG = 4096
MISSING_AFTER = 10  # seconds


class Stranger(ConnectionError):
    """Another account listens on the port; `strerror` says who."""


class Forwarder:
    """The way from a socket to a port.

    Attributes:
        port: where the server has to listen.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.port, self.reservation = reserve_port()
        self.began = time.monotonic()
        self.told = False

    def open(self) -> bool:
        """Make the socket as soon as the server listens, and forward from then on; say whether that was so.

        Raises:
            Stranger: another account listens on the port.
        """
        try:
            where = server_at(self.port)
        except ConnectionRefusedError:
            self.tell_missing()
            return False
        listener = socket.socket(socket.AF_UNIX)
        listener.setblocking(False)
        listener.bind(self.path)
        os.chmod(self.path, 0o666)  # noqa: S103 (only nginx gets through to the folder)
        listener.listen(BACKLOG)
        say(f"the web process listens on {where[0]} port {where[1]}; nginx reaches it by {self.path}")
        from threading import Thread

        Thread(target=forever, args=(listener, Way(where)), daemon=True).start()
        return True

    def tell_missing(self) -> None:
        """Tell once where the server is expected."""
        if not self.told and time.monotonic() > self.began + MISSING_AFTER:
            self.told = True
            say(f"nothing listens on $PORT yet, which is {self.port}: does the command use $PORT (or $SOCKET)?")


def say(text: str) -> None:
    """Write a line into the web process's log."""
    sys.stderr.write(f"Slipway: {text}\n")
    sys.stderr.flush()


def server_at(port: int) -> tuple[str, int]:
    """Return where this account's server listens.

    Raises:
        ConnectionRefusedError: nobody listens on the port. Stranger: another account does.
    """
    found = tcp_listeners(port)
    for listener in found:
        if listener.user != os.getuid():
            raise Stranger(0, f"another account ({account_name(listener.user)}) listens on port {port}")
    if not found:
        raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    return found[0].near


class Way:
    """How to get to the server.

    Attributes:
        where: its address and port, when it was last seen.
    """

    def __init__(self, where: tuple[str, int]) -> None:
        self.where = where

    def connect(self) -> socket.socket:
        """Begin a connection to the server, wherever on the port it listens now.

        Raises:
            OSError: nobody listens. Stranger: another account does.
        """
        try:
            return connected(self.where)
        except ConnectionRefusedError:
            self.where = server_at(self.where[1])
            return connected(self.where)


def forever(listener: socket.socket, way: Way) -> None:
    """Forward until the process ends; an error of ours ends it, so that supervisord starts it again."""
    try:
        Relay(listener, way.connect, say).run()
    except BaseException as error:
        say(f"{type(error).__name__}: {error}")
    os._exit(1)


def connected(where: tuple[str, int]) -> socket.socket:
    """Begin a connection to the server; whoever else listens there gets nothing.

    Raises:
        OSError: nobody listens. Stranger: another account does.
    """
    connection = socket.socket(socket.AF_INET6 if ":" in where[0] else socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        problem = connection.connect_ex(where)
        if problem not in (0, errno.EINPROGRESS):
            raise OSError(problem, os.strerror(problem))
        server_at(where[1])  # whose is it? Nothing has been sent yet
    except BaseException:
        connection.close()
        raise
    return connection
