"""Downloads what a command on a host prints once its step has ended, over a channel of its own beside the agent's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from slipway.core.errors import SlipwayError
from slipway.core.shell import command_line

if TYPE_CHECKING:
    from fabric import Connection
    from paramiko import Channel

    from slipway.model.output_to_fetch import Download

PIECE = 1 << 18
OPEN_TIMEOUT = 30  # seconds


def fetch(
    connection: Connection, name: str, download: Download, silence: int, unless: Callable[[], bool] = lambda: False
) -> None:
    """Run the command of a download on the host, and hand over what it prints while it comes.

    Args:
        silence: seconds without a byte after which the host is given up. unless: asked all the time; if true, it ends.

    Raises:
        SlipwayError: the command failed, or the connection did.
    """
    from paramiko import SSHException

    try:
        channel: Channel = connection.transport.open_session(timeout=OPEN_TIMEOUT)
        try:
            channel.settimeout(silence)
            channel.exec_command(f"exec {command_line(['bash', '--norc', '-c', download.command.text])}")
            download.take(_chunks(channel, name, unless))
            code = channel.recv_exit_status()
            said = channel.recv_stderr(PIECE).decode("utf-8", "replace").strip() if code else ""
        finally:
            channel.close()
    except (OSError, EOFError, SSHException) as error:
        raise SlipwayError(
            f"{name}: the connection broke while a file was fetched", hint="Nothing was switched. Deploy again."
        ) from error
    if code:
        why = said.splitlines()[-1] if said else f"exit code {code}"
        raise SlipwayError(f"{name}: a file cannot be fetched: {why}", hint="Nothing was switched. Deploy again.")


def _chunks(channel: Channel, name: str, unless: Callable[[], bool]) -> Iterator[bytes]:
    while chunk := channel.recv(PIECE):
        if unless():
            raise SlipwayError(f"{name}: interrupted while a file was fetched", hint="Nothing was switched.")
        yield chunk
