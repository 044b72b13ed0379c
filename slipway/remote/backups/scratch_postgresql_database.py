"""Restore a dump into a scratch database, examine it, and drop it again.

The scratch database is a server of its own that runs for a moment as this account, in a folder of ours, where the
host has PostgreSQL's server programs; else a database beside the app's, where the app's account may make one.
"""

from __future__ import annotations

import glob
import os
import time

from slipway.remote.backups.postgresql_database import postgresql_facts, program_of_postgresql, psql, succeed
from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import Any

START = 60  # seconds that a scratch server has to start
SETTINGS = ("listen_addresses=", "fsync=off", "full_page_writes=off", "max_connections=10", "shared_buffers=16MB")
NO_PLACE = (
    "there is no scratch database to restore it into: install PostgreSQL's server programs on this host "
    '(packages = ["postgresql"]), or let the app\'s database account make databases (ALTER ROLE ... CREATEDB)'
)


def proved_postgresql(dump: str, database: dict[str, Any] | None, folder: str) -> dict[str, Any]:
    """Restore a dump into a scratch database, and return its facts.

    Args:
        database: the app's own, beside which one can be made; None if there is none.

    Raises:
        Failed: it cannot be restored, or there is no place to restore it to.
    """
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    if found and os.geteuid():  # PostgreSQL does not run as root
        return in_own_server(os.path.dirname(found[-1]), dump, folder)
    if database is None:
        raise Failed(NO_PLACE)
    return beside(dump, database["values"])


def restore_into(dump: str, values: dict[str, str]) -> dict[str, Any]:
    words = [program_of_postgresql("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error"]
    name = f"--dbname={values['PGDATABASE']}"
    listed = succeed([words[0], "--list", dump], {}, "the dump cannot be read").decode("utf-8", "replace")
    chosen = f"{dump}.list"
    with open(chosen, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in listed.splitlines() if " SCHEMA - public " not in f"{line} ")
    succeed([*words, f"--use-list={chosen}", name, dump], values, "the dump cannot be restored")
    return postgresql_facts(values)


def in_own_server(programs: str, dump: str, folder: str) -> dict[str, Any]:
    """Restore it in a server that nobody else reaches."""
    import subprocess

    data = os.path.join(folder, "server")
    words = [f"{programs}/initdb", "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8"]
    succeed([*words, "--locale=C.UTF-8", f"--pgdata={data}"], {}, "a scratch server cannot be made")
    settings = [word for one in (*SETTINGS, f"unix_socket_directories={folder}") for word in ("-c", one)]
    log = os.open(os.path.join(folder, "server.log"), os.O_WRONLY | os.O_CREAT, 0o600)
    server = subprocess.Popen([f"{programs}/postgres", "-D", data, *settings], stdin=subprocess.DEVNULL,
                              stdout=log, stderr=log)  # fmt: skip
    os.close(log)
    values = {"PGHOST": folder, "PGUSER": "postgres", "PGDATABASE": "postgres"}
    try:
        wait_for(server, values, folder)
        psql(values, "create database scratch template template0")
        return restore_into(dump, {**values, "PGDATABASE": "scratch"})
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(server: subprocess.Popen[bytes], values: dict[str, str], folder: str) -> None:
    deadline = time.monotonic() + START
    while True:
        try:
            psql(values, "select 1")
            return
        except Failed:
            if server.poll() is not None or time.monotonic() > deadline:
                with open(os.path.join(folder, "server.log"), encoding="utf-8", errors="replace") as log:
                    said = " ".join(log.read()[-500:].split())
                raise Failed(f"a scratch server does not start: {said}") from None
            time.sleep(0.1)


def beside(dump: str, values: dict[str, str]) -> dict[str, Any]:
    """Restore it into a new database of the app's own server."""
    name = f"slipway_scratch_{os.getpid()}_{int(time.time())}"
    try:
        psql(values, f"create database {name} template template0")
    except Failed as failed:
        raise Failed(f"{NO_PLACE} ({failed})") from None
    try:
        return restore_into(dump, {**values, "PGDATABASE": name})
    finally:
        psql(values, f"drop database {name}")
