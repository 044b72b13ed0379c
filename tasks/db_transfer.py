"""Brings a backup from a host to this machine, and from here to a host; no task of its own."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING

from invoke import Exit

if TYPE_CHECKING:
    from slipway.inventory import Host


def carry_over(source: Host, target: Host, id: str) -> str:
    """Bring a backup to another host by way of a file that goes at once; returns its id there.

    Raises:
        Exit: it could not be brought; ssh or the host has said why.
    """
    import tempfile

    with tempfile.TemporaryFile() as file:
        take(source, id, file)
        file.seek(0)
        return bring(target, file, f"from {source.name}, {id}")


def take(host: Host, id: str, file: IO[bytes]) -> None:
    """Write a backup of a host to a file of this machine."""
    import subprocess

    from slipway.operations.backups import export_command
    from slipway.operations.shells import client

    words = [*client(host, tty=False), export_command(host, id)]
    if subprocess.run(words, stdin=subprocess.DEVNULL, stdout=file, check=False).returncode:
        raise Exit(code=1)


def bring(host: Host, file: IO[bytes], why: str) -> str:
    """Store a backup on a host, which proves it; returns its id there."""
    import subprocess

    from slipway.operations.backups import checked_id, import_command
    from slipway.operations.shells import client

    words = [*client(host, tty=False), import_command(host, why)]
    brought = subprocess.run(words, stdin=file, stdout=subprocess.PIPE, text=True, check=False)
    if brought.returncode:
        raise Exit(code=1)
    return checked_id(brought.stdout.strip())


def keep_here(host: Host, id: str) -> str:
    """Write a backup to a new file in this folder that nobody else may read; returns its name.

    Raises:
        SlipwayError: the file cannot be made. Exit: the backup could not be brought.
    """
    import os

    from slipway.core.errors import SlipwayError

    name = f"{host.app.name}-{host.name}-{id}.tar"
    try:
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SlipwayError(f"{name}: {error.strerror}", hint="Run it in a folder that you may write.") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            take(host, id, file)
    except BaseException:
        os.unlink(name)
        raise
    print(f"{host.name}: the backup is here, too: {name}", file=sys.stderr)
    return name
