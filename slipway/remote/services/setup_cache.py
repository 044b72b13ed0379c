"""Run an instance of redis or memcached for one app alone, as a systemd unit of its own.

Runs as root. What there is is looked at first; only what differs is changed, and each change is told.

Options:
    service: its name in the inventory. kind: redis or memcached. unit: name of the unit.
    account: runs it; made if it is not there. "": an account that is there already does.
    folder: where configuration lies, root's own. configuration, unit_text: texts with @PORT@, @VERIFIER@, @CHANNELS@,
        @NAMES@ and @CLIENTS@ to be filled in; no configuration where there is none.
    clients, keep, unsure: as in `setup_postgres`.
    restart: whether it may be restarted although it serves.
Descriptor 3: the verifier of the password; nothing where it has none.

Facts: `changed`, once for each change; `service.NAME` {"port", "version"}.
"""

from __future__ import annotations

import os
import re
import socket

from slipway.remote.host.program_io import Failed, fact, note, run
from slipway.remote.services.write_as_owner import text_of, write_whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FIRST_PORT = 6380  # Debian's own redis has the one before
SERVICE_COMMENT = "Slipway service"
UNITS = "/etc/systemd/system"


def main(options: dict[str, Any]) -> None:
    """Write configuration and unit, and see that it runs with them."""
    with os.fdopen(3, encoding="ascii") as given:
        verifier = given.read()
    unit, folder = options["unit"], options["folder"]
    refuse_foreign_unit(unit)
    if options["account"]:
        set_up_service_account(options["account"])
    os.umask(0o022)
    for place in (os.path.dirname(folder), folder):
        os.makedirs(place, exist_ok=True)
        os.chmod(place, 0o755)  # noqa: S103 - its account reads what is there, and there is no secret
    path = f"{folder}/{unit.rpartition('.')[0]}.conf"
    version, before = version_of(options["kind"]), text_of(path)
    refuse_unsure(before, verifier, options)
    port = port_of(before) or free_port(folder) if options["configuration"] else 0
    had = clients_of(text_of(f"{UNITS}/{unit}"))
    clients = {**{name: had[name] for name in options["keep"] if name in had}, **options["clients"]}
    values = {
        "PORT": str(port),
        "VERIFIER": verifier,
        "CHANNELS": "&* " if version_words(version) >= (6, 2) else "",
        "NAMES": "".join(f" {name}={address}" for name, address in sorted(clients.items())),
        "CLIENTS": "".join(f" {address}" for address in sorted(set(clients.values()))),
    }
    filled = [
        (path, filled_in(options["configuration"], values)),
        (f"{UNITS}/{unit}", filled_in(options["unit_text"], values)),
    ]
    changed = [place for place, text in filled if text and put_text(place, text)]
    renewed = bool(verifier and before and verifier not in before)  # the app has the new password already
    begin(unit, [place for place, _ in filled], changed, options["restart"] or renewed, options["service"])
    fact(f"service.{options['service']}", {"port": port, "version": version, "max_connections": 0, "certificate": ""})


def refuse_foreign_unit(unit: str) -> None:
    """Refuse the name of a unit that a package has."""
    there = said_by("systemctl", "show", "-p", "FragmentPath", "--value", unit)
    if there not in ("", f"{UNITS}/{unit}"):
        raise Failed(f"there is a unit {unit} that is not Slipway's ({there}): set `database` of the service")


def set_up_service_account(account: str) -> None:
    """Make the account; one that is there already must be ours."""
    import pwd

    try:
        comment = pwd.getpwnam(account).pw_gecos
    except KeyError:
        said_by(
            "useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
            "--shell", "/usr/sbin/nologin", "--comment", SERVICE_COMMENT, account,
        )  # fmt: skip
        fact("changed", f"account {account}")
        return
    if not comment.startswith(SERVICE_COMMENT):
        raise Failed(f"the account {account} is not Slipway's: set `database` of the service to another name")


def filled_in(text: str, values: dict[str, str]) -> str:
    """Return a text with what only the host knows."""
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def clients_of(unit: str) -> dict[str, str]:
    """Return the hosts that a unit lets in, by name."""
    found = re.search(r"^# clients:(.*)$", unit, re.MULTILINE)
    return dict(word.split("=", 1) for word in found[1].split() if "=" in word) if found else {}


def refuse_unsure(before: str, verifier: str, options: dict[str, Any]) -> None:
    """Refuse another password while a host that cannot be reached may know the one in force."""
    if verifier and before and verifier not in before and options["unsure"]:
        raise Failed(
            f"the service {options['service']} has a password that only {', '.join(options['unsure'])} may know, "
            "which cannot be reached: provision when it can, or take it out of the inventory"
        )


def put_text(path: str, text: str) -> bool:
    """Write a file if it differs; return whether it did."""
    if text_of(path) == text:
        return False
    write_whole(path, text, 0o644)
    fact("changed", path)
    return True


def port_of(text: str) -> int:
    """Return the port that a configuration has; 0 for none."""
    found = re.search(r"^port (\d+)$", text, re.MULTILINE)
    return int(found[1]) if found else 0


def free_port(folder: str) -> int:
    """Return a port that no other instance of ours has, and nobody else."""
    held = {port_of(text_of(f"{folder}/{name}")) for name in os.listdir(folder)}
    for port in range(FIRST_PORT, FIRST_PORT + 1000):
        if port not in held and is_free(port):
            return port
    raise Failed("no port is free for redis")


def is_free(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("0.0.0.0", port))  # noqa: S104 - nobody listens on it
        except OSError:
            return False
    return True


def version_of(kind: str) -> str:
    """Return the version that is installed."""
    said = said_by("redis-server", "--version") if kind == "redis" else said_by("memcached", "-V")
    found = re.search(r"(?:v=|memcached )([0-9][0-9.]*)", said)
    return found[1] if found else ""


def version_words(version: str) -> tuple[int, ...]:
    """Return a version as numbers."""
    return tuple(int(word) for word in version.split(".") if word.isdigit())


def said_by(*words: str) -> str:
    """Return what a command prints; raise Failed with its own words if it fails."""
    import subprocess

    done = subprocess.run(words, capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise Failed(f"{' '.join(words)}: {' '.join((done.stderr or done.stdout).split())[:500]}")
    return done.stdout.strip()


def is_older(pid: str, paths: list[str]) -> bool:
    """Whether a process began before one of its files was written last."""
    try:
        return any(os.path.getmtime(path) > os.path.getmtime(f"/proc/{pid}") for path in paths if os.path.exists(path))
    except OSError:
        return False


def begin(unit: str, paths: list[str], changed: list[str], may_restart: bool, service: str) -> None:
    """See that the unit runs, now and after a reboot, with what was written."""
    if any(path.endswith(".service") for path in changed):
        said_by("systemctl", "daemon-reload")
    lines = said_by("systemctl", "show", "-p", "ActiveState,UnitFileState,MainPID", unit).splitlines()
    state = dict(line.partition("=")[::2] for line in lines)
    if state.get("UnitFileState") != "enabled":
        said_by("systemctl", "--quiet", "enable", unit)
        fact("changed", f"{unit} enabled")
    if state.get("ActiveState") != "active":
        started(unit)
        fact("changed", f"{unit} started")
    elif not changed and not is_older(state.get("MainPID", ""), paths):
        return
    elif may_restart:
        started(unit)
        fact("changed", f"{unit} restarted")
    else:
        told = "has new settings; when the site may pause for a moment: fab provision --restart-services"
        note("service-restart", f"the service {service} {told}, or systemctl restart {unit}")


def started(unit: str) -> None:
    """Start it, or start it anew; raise Failed with the end of its log if it does not."""
    try:
        said_by("systemctl", "restart", unit)
    except Failed:
        log = said_by("journalctl", "-u", unit, "-n", "10", "-o", "cat", "--no-pager")
        raise Failed(f"{unit} does not start\n{log}") from None


if __name__ == "__main__":
    run(main)
