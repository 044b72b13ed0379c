"""Starts the agent on a host, and explains what prevents it from starting."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from slipway.core.errors import SlipwayError
from slipway.core.shell import command_line, sh
from slipway.fleet.marked_lines import Line, lines

if TYPE_CHECKING:
    from fabric import Connection
    from paramiko import Channel

SILENCE = 30  # seconds
READY_TIMEOUT = 20  # seconds
PIECE = 1 << 16  # bytes
NONCE_BYTES = 12

# The agent's text follows on standard input: login shells differ in what they make of quotes, and process lists
# and sudo's log stay readable. --norc, or bash would read ~/.bashrc for a second time.
_START = 'IFS= LC_ALL=C read -rN "$1" agent && eval "$agent"'


_HINT = "Does ssh to it work without questions? Is bash installed, and does its login shell run commands?"
_SUDOERS = "in a file of /etc/sudoers.d (visudo -f)"
# What sudo and login shells say, and what to do about it.
_HINTS = (
    ("must have a tty", f"sudo asks for a terminal there: write `Defaults:LOGIN !requiretty` {_SUDOERS}."),
    ("a password is required", f"sudo asks for a password there: write `LOGIN ALL=(ALL) NOPASSWD: ALL` {_SUDOERS}."),
    ("not in the sudoers", "That login may not use sudo: set `admin` to root, or to a login that may."),
    ("not allowed to", "That login may not use sudo so: set `admin` to root, or to a login that may act as root."),
    ("sudo: command not found", "sudo is not installed there: set `admin` to root for the first `fab provision`."),
    ("sudo: not found", "sudo is not installed there: set `admin` to root for the first `fab provision`."),
    ("bash: not found", "bash is not installed there: apt-get install -y bash."),
    ("account is currently not available", "The shell of that login runs nothing (nologin): give it /bin/bash."),
)


class Busy(SlipwayError):
    """Another operation holds the app's lock on the host."""


class Refused(SlipwayError):
    """The host does not let us work there."""


class NotProvisioned(SlipwayError):
    """The app has no folder on the host: `fab provision` has to come first."""


class AgentOptions(Struct, frozen=True):
    """What the agent locks, and which journal it runs, while it lives.

    Attributes:
        lock: path of the lock file; "" to take none.
        undo: path of the undo journal that it runs if the client is lost; "" for none.
        owner: who holds the lock and for what, shown to whoever finds it taken.
        root: whether the agent runs as root: by the admin's login, and through sudo where that is not root itself.
        silence: seconds without a sign of life after which either side gives the other one up.
        current: path of the link to the current release, which tells in the end what became of the host; "" for none.
        login: whose lock it is, for an agent that takes it only where there is one; "" for one that makes it.
    """

    lock: str = ""
    undo: str = ""
    owner: str = ""
    root: bool = False
    silence: int = SILENCE
    current: str = ""
    login: str = ""


def start(connection: Connection, options: AgentOptions, name: str) -> tuple[Channel, Iterator[Line]]:
    """Start the agent.

    Returns:
        A channel to it, and what it says; that ends with the connection, or with a silence that no living agent keeps.

    Raises:
        Refused: the host allows no sessions.
    """
    from paramiko import SSHException

    nonce = secrets.token_hex(NONCE_BYTES)
    agent = _agent(options, nonce)
    try:
        channel: Channel = connection.transport.open_session(timeout=READY_TIMEOUT)
        channel.settimeout(options.silence)
        channel.exec_command(_command(options.root and connection.user != "root", len(agent)))
    except (OSError, EOFError, SSHException) as error:
        raise Refused(
            f"{name}: the host opens no session for commands: {error or 'it closed the connection'}",
            hint="Does its sshd allow sessions (MaxSessions, ForceCommand)?",
        ) from error
    with suppress(OSError, EOFError, SSHException):  # what has ended already has said why
        channel.sendall(agent)
    return channel, lines(_chunks(channel), nonce)


def wait_until_ready(channel: Channel, heard: Iterator[Line], name: str) -> None:
    """Wait until the agent holds what it is to hold.

    Raises:
        Busy: someone else holds the lock. NotProvisioned: the app has no folder there.
        Refused: no bash, no sudo, or a lock that we may not write.
    """
    said = ""
    for kind, text in heard:
        if kind == "ready":
            return
        if kind == "busy":
            raise Busy(f"{name}: {_held(text)}", hint="Wait until it is done, or pass --wait.")
        if kind == "absent":
            raise NotProvisioned(
                f"{name}: the host has not been provisioned: there is no {text}",
                hint=f"Run `fab provision --hosts={name}` first.",
            )
        if kind == "refused":
            raise Refused(
                f"{name}: the lock {text} cannot be written there",
                hint=f"Is the disk full or read-only? Who owns {text.rpartition('/')[0]}?",
            )
        said = text.strip() or said
    said = _complaint(channel) or said
    hint = next((hint for words, hint in _HINTS if words in said), _HINT)
    raise Refused(f"{name}: the host ran no commands for us{f': {said}' if said else ''}", hint=hint)


def _complaint(channel: Channel) -> str:
    """The last line on standard error, where shells and sudo say what they do not like."""
    channel.status_event.wait(1)  # what is said last comes before it
    said = channel.recv_stderr(PIECE).decode("utf-8", "replace") if channel.recv_stderr_ready() else ""
    return next((line.strip() for line in reversed(said.split("\n")) if line.strip()), "")


def _chunks(channel: Channel) -> Iterator[bytes]:
    try:
        while chunk := channel.recv(PIECE):
            yield chunk
    except (OSError, EOFError):
        return


def _agent(options: AgentOptions, nonce: str) -> bytes:
    held = sh(
        "set -- {{lock}} {{undo}} {{owner}} {{silence}} {{nonce}} {{login}}",
        lock=options.lock,
        undo=options.undo,
        owner=options.owner,
        silence=options.silence,
        nonce=nonce,
        login=options.login,
    )
    # In braces, so that nothing of it runs if a lost connection cuts it short.
    return b"{ %b\n%b\n}\n" % (str(held).encode(), (Path(__file__).parent / "agent.sh").read_bytes())


def _command(root: bool, size: int) -> str:
    agent = command_line(["bash", "--norc", "-c", _START, "slipway", str(size)])
    return f"exec sudo -n {agent}" if root else f"exec {agent}"


def _held(owner: str) -> str:
    try:
        held = json.loads(owner)
        return f"{held['who']} has been running {held['operation']} here since {held['since']} UTC"
    except (ValueError, KeyError, TypeError):
        return "another operation is running here"
