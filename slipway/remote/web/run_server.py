"""Run a web server that listens on a unix socket or a port, and end it only when no connection is open any more.

Most servers drop the requests that they work on when they are told to end. So this program stands between supervisord
and the server: told to end by TERM, it waits until all connections to the socket are closed, and then tells the server.

Options: a JSON object as first word, the command of the server as the words after it.
    socket: path of the socket; the server finds it in $SOCKET, too.
    grace: seconds that open connections may take when it is told to end.
    group: whether the command consists of several programs, all of which are told to end.
    port: whether it may listen on a port instead, which it finds in $PORT; see `forward_to_port`. It makes the socket
        then. A server that makes the socket by itself is asked there.

The socket is opened for nginx, which is not in the app's group: only nginx gets through to the folder.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import stat
import sys
import time

from slipway.remote.web.forward_socket_to_port import Forwarder, Stranger, say
from slipway.remote.web.unix_socket_connections import connections

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

POLL = 0.05
PR_SET_PDEATHSIG = 1
TOLD = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
PASSED_ON = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
WAITED = frozenset((*TOLD, *PASSED_ON, signal.SIGCHLD))


def main(options: dict[str, Any], command: list[str]) -> int:
    """Run the server to its end; return its exit code."""
    path: str = options["socket"]
    signal.pthread_sigmask(signal.SIG_BLOCK, WAITED)
    remove_dead(path)
    forwarder = Forwarder(path) if options.get("port") else None
    server = start(command, path, forwarder.port if forwarder else None)
    opened, deadline = False, None
    while True:
        try:
            opened = opened or open_for_nginx(path) or bool(forwarder and forwarder.open())
        except Stranger as stranger:
            say(f"{stranger.strerror}: the next start takes another port")
            os.kill(server, signal.SIGKILL)
            return 1
        told = signal.sigtimedwait(WAITED, POLL if deadline or not opened else 3600)
        number = told.si_signo if told else 0
        if number == signal.SIGCHLD:
            code = ended(server)
            if code is not None:
                return code
        elif number in TOLD:
            deadline = 0.0 if deadline else time.monotonic() + options["grace"]  # told again: at once
        elif number in PASSED_ON:
            os.kill(server, number)
        if deadline is not None and (time.monotonic() > deadline or not busy(path)):
            return end(server, options["group"])


def start(command: list[str], path: str, port: int | None) -> int:
    """Start the server; it ends with this program, however that ends."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED)
        os.environ["SOCKET"] = path
        if port:
            os.environ["PORT"] = str(port)
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
    os._exit(127)


def remove_dead(path: str) -> None:
    """Remove the file of a socket that an earlier run has left: servers refuse to listen there."""
    try:
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            os.unlink(path)
    except OSError:
        return


def open_for_nginx(path: str) -> bool:
    """Let nginx connect to the socket, if it is there."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return False
        os.chmod(path, 0o666)  # noqa: S103
    except OSError:
        return False
    return True


def busy(path: str) -> bool:
    """Say whether a connection is open, as far as the kernel tells."""
    try:
        return connections(path) > 0
    except OSError:
        return False


def end(server: int, group: bool) -> int:
    """Tell the server to end, and wait for that; supervisord kills what takes too long."""
    if group:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        os.killpg(0, signal.SIGTERM)
    else:
        os.kill(server, signal.SIGTERM)
    _, status = os.waitpid(server, 0)
    return code_of(status)


def ended(server: int) -> int | None:
    """Return the exit code of the server if it has ended."""
    pid, status = os.waitpid(server, os.WNOHANG)
    return code_of(status) if pid else None


def code_of(status: int) -> int:
    """Return an exit code as a shell has it."""
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
