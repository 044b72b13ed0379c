"""Make a PostgreSQL server what the inventory wants: its settings, an account, a database, and who may reach it.

Runs as root. What there is is looked at first; only what differs is changed, and each change is told.

Options:
    service: its name in the inventory. version: the major version; "" for the newest that is there.
    database, account: names. comment: marks a database that Slipway has made.
    local: whether the app's own account of this host connects. clients: addresses of the app's other hosts by name.
    keep: names of hosts that are let in if they were before. unsure: names of hosts that may know another password.
    address: where the server listens for them. extensions: to be made in the database.
    max_connections: of the server. alone: whether nothing else of weight runs here.
    restart: whether the server may be restarted although it serves others.
Descriptor 3: the verifier of the account's password; nothing where it has none.

Facts: `changed`, once for each change; `service.NAME` {"port", "version", "max_connections", "certificate"}.
"""

from __future__ import annotations

import os

from slipway.remote.host.program_io import Failed, fact, note, run
from slipway.remote.services.postgres_server import PostgresServer, cluster_of
from slipway.remote.services.postgres_settings import access_lines, clients_in, with_block
from slipway.remote.services.quote_sql import sql
from slipway.remote.services.write_as_owner import text_of, write_as_owner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


ACCOUNT = (
    "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication, rolcanlogin, coalesce(rolpassword, '')"
    " FROM pg_authid WHERE rolname = {{account}}"
)
DATABASE = (
    "SELECT pg_get_userbyid(datdba), has_database_privilege('public', oid, 'CONNECT'),"
    " coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = {{database}}"
)


def main(options: dict[str, Any]) -> None:
    """Do one thing after another."""
    with os.fdopen(3, encoding="ascii") as given:
        verifier = given.read()
    server = PostgresServer(cluster_of(options["version"]))
    server.start()
    fresh = server.ask("SELECT count(*) FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')")
    may_restart = options["restart"] or fresh == "0"
    had = clients_in(text_of(server.ask("SHOW hba_file")), options["database"])
    options["clients"] = {**{name: had[name] for name in options["keep"] if name in had}, **options["clients"]}
    settings = server.write_settings(options)
    set_up_account(server, options["account"], verifier, options["unsure"])
    set_up_database(server, options)
    access = set_up_access(server, options)
    if settings or access:
        server.reload()
    tell_restart(server, may_restart, options["service"])
    fact(f"service.{options['service']}", server.about(bool(options["clients"])))


def set_up_account(server: PostgresServer, account: str, verifier: str, unsure: list[str]) -> None:
    """Make the account, with no right to anything but what it owns."""
    found = server.ask(sql(ACCOUNT, account=account))
    if not found:
        server.ask(sql("CREATE ROLE [[name]] LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION", name=account))
        fact("changed", f"postgres: account {account}")
        found = "f|t|"
    mighty, logs_in, had = found.split("|", 2)
    if mighty == "t":
        raise Failed(
            f"the account {account} of PostgreSQL may do more than own a database: it is not Slipway's. "
            "Set app.user, or `database` of the service, to a free name"
        )
    if logs_in != "t":
        server.ask(sql("ALTER ROLE [[name]] LOGIN", name=account))
        fact("changed", f"postgres: account {account} may log in")
    if verifier and had != verifier:
        if had and unsure:
            raise Failed(
                f"the account {account} of PostgreSQL has a password that only {', '.join(unsure)} may know, which "
                "cannot be reached: provision when it can, or take it out of the inventory"
            )
        server.ask(sql("ALTER ROLE [[name]] PASSWORD {{verifier}}", name=account, verifier=verifier))
        fact("changed", f"postgres: password of {account}")


def set_up_database(server: PostgresServer, options: dict[str, Any]) -> None:
    """Make the database, which belongs to the account; nobody else connects to it."""
    database, account, comment = options["database"], options["account"], options["comment"]
    told = server.ask(sql(DATABASE, database=database))
    if not told:
        made = "CREATE DATABASE [[name]] OWNER [[owner]] TEMPLATE template0 ENCODING 'UTF8'"
        server.ask(sql(made, name=database, owner=account))
        server.ask(sql("COMMENT ON DATABASE [[name]] IS {{comment}}", name=database, comment=comment))
        fact("changed", f"postgres: database {database}")
        told = f"{account}|t|{comment}"
    owner, open_to_all, found = told.split("|", 2)
    give = sql("ALTER DATABASE [[name]] OWNER TO [[owner]]", name=database, owner=account)
    if owner != account and found != comment:
        raise Failed(
            f"there is a database {database} that belongs to {owner}: set `database` of the service to a free name, "
            f"or give it to the app: {give}"
        )
    if owner != account:
        server.ask(give)
        server.ask(sql("REASSIGN OWNED BY [[old]] TO [[owner]]", old=owner, owner=account), database)
        fact("changed", f"postgres: owner of {database}")
    if open_to_all == "t":
        server.ask(sql("REVOKE ALL ON DATABASE [[name]] FROM PUBLIC", name=database))
        fact("changed", f"postgres: {database} is closed for other accounts")
    for extension in options["extensions"]:
        set_up_extension(server, database, extension)


def set_up_extension(server: PostgresServer, database: str, extension: str) -> None:
    """Make an extension, which only a superuser may."""
    if server.ask(sql("SELECT 1 FROM pg_extension WHERE extname = {{name}}", name=extension), database):
        return
    if not server.ask(sql("SELECT 1 FROM pg_available_extensions WHERE name = {{name}}", name=extension)):
        raise Failed(
            f"this PostgreSQL has no extension {extension}: which Debian package brings it? Install that on this host "
            f"(apt search postgresql-{server.version}), then provision again"
        )
    server.ask(sql("CREATE EXTENSION [[name]]", name=extension), database)
    fact("changed", f"postgres: extension {extension} in {database}")


def set_up_access(server: PostgresServer, options: dict[str, Any]) -> bool:
    """Write who may connect to the database; return whether that is news."""
    path = server.ask("SHOW hba_file")
    text = text_of(path)
    lines = access_lines(options["database"], options["account"], options["clients"], options["local"])
    wanted = with_block(text, options["database"], lines)
    if wanted == text:
        return False
    write_as_owner(path, wanted, 0o640)
    who = ", ".join([*(["this host"] if options["local"] else []), *sorted(options["clients"])])
    fact("changed", f"postgres: {options['database']} can be reached from {who} alone (pg_hba.conf)")
    return True


def tell_restart(server: PostgresServer, may_restart: bool, service: str) -> None:
    """Restart the server for what it reads only then, or say that it waits for a restart."""
    waiting = server.ask("SELECT string_agg(name, ', ' ORDER BY name) FROM pg_settings WHERE pending_restart")
    if not waiting:
        return
    if may_restart:
        server.restart()
        fact("changed", f"postgres: restarted for {waiting}")
        return
    note(
        "service-restart",
        f"PostgreSQL has to be restarted for {waiting}; when the site may pause for a moment: "
        f"fab provision --restart-services ({service})",
    )


if __name__ == "__main__":
    run(main)
