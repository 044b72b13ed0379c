"""Find out which account listens at a unix socket whose path an app may have replaced, and refuse all but the app's."""

from __future__ import annotations

import os
import socket
import sys


class Stranger(ConnectionError):
    """Somebody else than the app listens there; `strerror` says who."""


def app_account(connection: socket.socket, path: str) -> int:
    """Return the account that listens at the other end of a connection, if it is the app's.

    The folder of the socket belongs to another account than the app's, so the app cannot change its group, which is the
    one that the app's unit runs as. Without root there is one account for everything, and nobody else gets in.

    Args:
        connection: to the socket; nothing has been sent yet.
        path: of the socket.

    Raises:
        Stranger: it is another account. OSError: the folder is gone.
    """
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _, user, group = (int.from_bytes(told[at : at + 4], sys.byteorder) for at in (0, 4, 8))
    folder = os.path.dirname(os.path.abspath(path))
    if group != os.stat(folder).st_gid and not (user == os.stat(folder).st_uid and alone_in(folder, user)):
        raise Stranger(0, f"a process of another account listens there (user id {user}), and not one of the app")
    return user


def stranger_at(path: str) -> str:
    """Return who listens at a socket, if it is another account than the app's; "" if it is the app, or nobody."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(path)
            app_account(connection, path)
    except Stranger as stranger:
        return str(stranger.strerror)
    except OSError:
        return ""
    return ""


def alone_in(folder: str, user: int) -> bool:
    """Say whether no other account gets into a folder: one above it, or itself, is for this account alone."""
    while True:
        facts = os.stat(folder)
        if facts.st_uid == user and not facts.st_mode & 0o077:
            return True
        if folder == os.path.dirname(folder):
            return False
        folder = os.path.dirname(folder)
