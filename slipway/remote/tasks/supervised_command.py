"""Supervise a command: store and show its output, limit its time, and end what it started when it ends."""

from __future__ import annotations

import os
import select
import signal
import time

from slipway.remote.host.new_file_among_untrusted import new_file
from slipway.remote.tasks.process_sessions import over, signal_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PIECE = 4096  # bytes: what a pipe that is ready takes without making us wait (PIPE_BUF, pipe(7))
LIMIT = 64 << 20  # bytes of output that are kept
UMASK = 0o022  # as of the app's processes: nginx serves the uploads of commands, too
GRACE = 3.0  # seconds from TERM to KILL; less than the five in which the agent ends us
TIMED_OUT = 124  # as timeout(1)
ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL
LATE = "ended after"
NOT_WANTED = "stopped by its user, or for a lost connection"


class Record:
    """Keeps output in a file up to a limit; a full disk or a lost folder never ends the command."""

    def __init__(self, path: str | None) -> None:
        self.left = LIMIT
        self.file = new_file(path) if path else None

    def keep(self, data: bytes) -> None:
        if self.file is None or self.left <= 0:
            return
        self.left -= len(data)
        if self.left <= 0:
            data += b"\n... the rest is not kept: there is too much of it\n"
        try:
            os.write(self.file, data)
        except OSError:
            self.left = 0


class Ended:
    """Wakes a poll when a child ends or a signal asks for the end; `asked` says whether one did."""

    def __init__(self) -> None:
        self.asked = False
        self.descriptor, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in ASKING:
            signal.signal(number, self.ask)

    def ask(self, *_: object) -> None:
        self.asked = True


def supervise(
    argv: list[str],
    given: bytes,
    output: str | None,
    timeout: float | None,
    shown: bool,
    begun: Callable[[int], None],
) -> tuple[int, str]:
    """Run a command to its end.

    Args:
        given: what it reads from standard input.
        output: file that keeps what it says; None for none.
        timeout: seconds; None for no limit.
        shown: whether its output is shown, and the end of our standard input is the end of it.
        begun: is told the pid of its first process, which is also the id of its session.

    Returns:
        Its exit code (128 + signal if one ended it), and why it was ended if it did not end by itself.
    """
    ended = Ended()
    record = Record(output)
    heard, pid = begin(argv, given)
    begun(pid)
    why = watch(pid, heard, ended, record, timeout, shown)
    end(pid, lambda: drain(heard, record, ended if shown else None, patient=not why))
    code = wait(pid)
    return (TIMED_OUT if why.startswith(LATE) else code), why


def begin(argv: list[str], given: bytes) -> tuple[int, int]:
    """Start the command; return the end of a pipe on which it is heard, and its pid."""
    import tempfile

    heard, said = os.pipe()
    pid = os.fork()
    if pid:
        os.close(said)
        os.set_blocking(heard, False)
        return heard, pid
    try:
        os.setsid()
        os.umask(UMASK)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGPIPE, signal.SIGCHLD, *ASKING):
            signal.signal(number, signal.SIG_DFL)
        with tempfile.TemporaryFile() as source:
            source.write(given)
            source.seek(0)
            os.dup2(source.fileno(), 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.closerange(3, 4096)
        os.execvp(argv[0], argv)  # noqa: S606
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def watch(pid: int, heard: int, ended: Ended, record: Record, timeout: float | None, shown: bool) -> str:
    """Hear the command until it ends, or its time is over, or nobody wants it any more; return why it must end."""
    deadline = time.monotonic() + timeout if timeout else None
    waiting = b""
    poll = select.poll()
    poll.register(ended.descriptor, select.POLLIN)
    poll.register(heard, select.POLLIN)
    if shown:
        poll.register(0, select.POLLIN)
        poll.register(1, 0)
    while not gone(pid):
        events = dict(poll.poll(None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000 + 1))
        if deadline is not None and time.monotonic() >= deadline:
            return f"{LATE} {timeout:g} s, as --timeout says"
        if not wanted(ended, events):
            return NOT_WANTED
        if waiting and events.get(1, 0) & select.POLLOUT:
            show(waiting)
            waiting = b""
            poll.modify(1, 0)
            poll.register(heard, select.POLLIN)
        elif heard in events:
            data = os.read(heard, PIECE)
            record.keep(data)
            if shown and data:
                waiting = data
                poll.modify(1, select.POLLOUT)
            if waiting or not data:
                poll.unregister(heard)
    if waiting and room(ended, patient=True):
        show(waiting)
    return ""


def wanted(ended: Ended, events: dict[int, int]) -> bool:
    """Whether the client is there, and has not asked for the end."""
    if ended.descriptor in events:
        os.read(ended.descriptor, PIECE)
    return not ended.asked and not events.get(1, 0) & GONE and (0 not in events or bool(os.read(0, PIECE)))


def gone(pid: int) -> bool:
    """Whether the first process has ended; it stays to be waited for."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def show(data: bytes) -> None:
    """Pass output on; what it holds can never pass for a fact."""
    try:
        if data:
            os.write(1, data.replace(b"\x01", b"?"))
    except OSError:
        pass


def drain(heard: int, record: Record, ended: Ended | None, patient: bool) -> None:
    """Read what is in the pipe, and write it to the output if that accepts it; if `patient`, wait until it does."""
    try:
        while data := os.read(heard, PIECE):
            record.keep(data)
            if ended and room(ended, patient):
                show(data)
    except BlockingIOError:
        pass


def room(ended: Ended, patient: bool) -> bool:
    """Whether output can be passed on without waiting."""
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(1, select.POLLOUT)
    while True:
        events = dict(poll.poll(100 if patient else 0))
        if events.get(1, 0) == select.POLLOUT:
            return True
        if not patient or ended.asked or events:
            return False


def end(session: int, meanwhile: Callable[[], None]) -> None:
    """End whatever is left of the command: asked first, then killed."""
    meanwhile()
    if signal_session(session, signal.SIGTERM) and not over(session, GRACE, meanwhile):
        signal_session(session, signal.SIGKILL)
    meanwhile()


def wait(pid: int) -> int:
    """Return the exit code of a command that has ended."""
    status = os.waitpid(pid, 0)[1]
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
