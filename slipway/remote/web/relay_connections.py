"""Relay connections between nginx and a server: each byte that one side sends to the other, in one thread for all."""

from __future__ import annotations

import os
import select
import socket
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

BUFFER = 1 << 17  # bytes that may wait for one side before the other is not read any more
CHUNK = 1 << 16
AT_ONCE = 32  # connections that are accepted before those that are there get their turn
READ, WRITE, GONE = select.EPOLLIN, select.EPOLLOUT, select.EPOLLHUP | select.EPOLLERR


class Side:
    """One of the two connections that belong together.

    Attributes:
        waiting: what is still to be sent to it. ended: whether it sends nothing more. told: whether it knows that
            nothing more comes. connecting: whether it is not there yet. events: what is waited for; None: it is broken,
            and nothing is. local: whether it is nginx's.
    """

    __slots__ = ("connecting", "ended", "events", "local", "other", "socket", "told", "waiting")

    def __init__(self, connection: socket.socket, local: bool) -> None:
        self.socket = connection
        self.local = local
        self.other = self
        self.waiting = bytearray()
        self.ended = self.told = False
        self.connecting = not local
        self.events: int | None = 0


class Relay:
    """All connections of one socket.

    Attributes:
        listener: the socket, which does not block.
        connect: begins a connection to the server, which does not block, either.
        say: tells people why a request was lost.
    """

    def __init__(
        self, listener: socket.socket, connect: Callable[[], socket.socket], say: Callable[[str], None]
    ) -> None:
        self.listener, self.connect, self.say = listener, connect, say
        self.poll = select.epoll()
        self.sides: dict[int, Side] = {}
        self.poll.register(listener, READ)

    def run(self) -> None:
        while True:
            for number, events in self.poll.poll():
                if number == self.listener.fileno():
                    self.accept()
                elif number in self.sides:  # its other side may have closed it just now
                    self.serve(self.sides[number], events)

    def accept(self) -> None:
        """Take the connections that wait, and make one to the server for each."""
        for _ in range(AT_ONCE):
            try:
                visitor = self.listener.accept()[0]
            except BlockingIOError:
                return
            except OSError as error:  # too many files are open: those that are there have to end first
                self.say(f"no further connection can be accepted: {error.strerror}")
                time.sleep(0.1)
                return
            try:
                server = self.connect()
            except OSError as error:
                self.say(f"a request was refused: {error.strerror or error}")
                visitor.close()
                continue
            self.add(visitor, server)

    def add(self, visitor: socket.socket, server: socket.socket) -> None:
        visitor.setblocking(False)
        near, far = Side(visitor, local=True), Side(server, local=False)
        near.other, far.other = far, near
        for side in (near, far):
            self.sides[side.socket.fileno()] = side
            self.poll.register(side.socket, 0)
            self.await_events(side)

    def serve(self, side: Side, events: int) -> None:
        """Do what a side is ready for."""
        if side.local and events & GONE:
            self.close(side)  # nginx has closed: nobody is there for the answer
            return
        try:
            if side.connecting:
                finish_connecting(side)
            if events & (READ | GONE):
                read(side)
            if events & WRITE:
                send(side)
            for one in (side, side.other):
                pass_on_end(one)
        except OSError:
            if side.local or not side.other.waiting:
                self.close(side)
                return
            self.give_up(side)
        if all(one.ended and one.told for one in (side, side.other)):
            self.close(side)
            return
        self.await_events(side)
        self.await_events(side.other)

    def give_up(self, side: Side) -> None:
        """Forget a server that has cut its connection, but not the answer that it gave before."""
        side.ended = side.told = True
        side.waiting.clear()
        if side.events is not None:
            self.poll.unregister(side.socket)
            side.events = None

    def await_events(self, side: Side) -> None:
        """Wait for what can be used: no reading while the other side takes nothing."""
        if side.events is None:
            return
        events = WRITE if side.connecting or side.waiting else 0
        if not side.ended and not side.connecting and len(side.other.waiting) < BUFFER:
            events |= READ
        if events != side.events:
            self.poll.modify(side.socket, events)
            side.events = events

    def close(self, side: Side) -> None:
        for one in (side, side.other):
            del self.sides[one.socket.fileno()]
            one.socket.close()  # epoll forgets it by itself


def finish_connecting(side: Side) -> None:
    """See whether a connection has come about."""
    problem = side.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if problem:
        raise OSError(problem, os.strerror(problem))
    side.connecting = False


def read(side: Side) -> None:
    """Read once, and pass it on."""
    try:
        data = side.socket.recv(CHUNK)
    except BlockingIOError:
        return
    if not data:
        side.ended = True
        return
    side.other.waiting += data
    if not side.other.connecting:
        send(side.other)


def send(side: Side) -> None:
    """Send what waits, as far as it is taken; what a server does not want any more is dropped: it may have answered."""
    while side.waiting:
        try:
            del side.waiting[: side.socket.send(side.waiting)]
        except BlockingIOError:
            return
        except ConnectionError:
            if side.local:
                raise
            side.waiting.clear()


def pass_on_end(side: Side) -> None:
    """Tell a side that nothing more comes, when it has everything."""
    if side.other.ended and not side.told and not side.waiting and not side.connecting:
        side.told = True
        side.socket.shutdown(socket.SHUT_WR)
