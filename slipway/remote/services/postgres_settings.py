"""Work out the settings of a PostgreSQL server from the host's memory, and the lines of its pg_hba.conf."""

from __future__ import annotations

import re

MIB = 1 << 20
STEP = 16  # MiB: what a host has of memory varies by a few pages from boot to boot
BEGIN = "# slipway: begin {} (fab provision writes this; changes made here are lost)\n"
END = "# slipway: end {}\n"


def tuned(memory: int, max_connections: int, alone: bool) -> dict[str, str]:
    """Return settings as administrators usually choose them (wiki.postgresql.org, Tuning Your PostgreSQL Server).

    Args:
        memory: bytes. alone: whether nothing else of weight runs on the host.
    """
    total = memory // MIB
    shared = max(32, min(total // 4, 16384) // STEP * STEP)
    cache = max(64, total * (3 if alone else 2) // 4 // STEP * STEP)
    maintenance = max(32, min(total // 16, 2048) // STEP * STEP)
    work = max(4, (total - shared) // (max_connections * 4))
    return {
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{cache}MB",
        "maintenance_work_mem": f"{maintenance}MB",
        "work_mem": f"{min(work, 64)}MB",
        "max_connections": str(max_connections),
        "random_page_cost": "1.1",
        "password_encryption": "scram-sha-256",
    }


def settings_text(settings: dict[str, str]) -> str:
    """Return the file in conf.d/."""
    lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    return (
        "# Written by `fab provision` (Slipway); changes made here are lost. Files of conf.d/ that sort after this\n"
        f"# one win: put your own settings into one of them, such as conf.d/local.conf.\n{lines}"
    )


def read_settings(text: str) -> dict[str, str]:
    """Return what `settings_text` has written."""
    return dict(re.findall(r"^(\w+) = '([^'\n]*)'$", text, re.MULTILINE))


def listen_addresses(had: str, more: list[str]) -> str:
    """Return the addresses to listen on: those that were there, and others."""
    known = [word.strip() for word in had.split(",") if word.strip()] or ["localhost"]
    if "*" in known:
        return "*"
    return ", ".join(dict.fromkeys([*known, *more]))


def access_lines(database: str, account: str, clients: dict[str, str], local: bool) -> str:
    """Return the lines of pg_hba.conf for one database: who may have a session, and nobody else.

    Names stand in double quotes, where words such as `all` mean nothing.
    """
    lines = [f'local   "{database}"  "{account}"  peer'] if local else []
    for host, address in sorted(clients.items()):
        mask = 128 if ":" in address else 32
        lines.append(f'hostssl "{database}"  "{account}"  {address}/{mask}  scram-sha-256  # {host}')
    lines.append(f'host    "{database}"  all  all  reject')
    return "".join(f"{line}\n" for line in lines)


def with_block(text: str, name: str, lines: str) -> str:
    """Return pg_hba.conf with our lines for a database at its top, where they come before any wider ones."""
    begin, end = BEGIN.format(name), END.format(name)
    pattern = re.escape(begin.split(" (")[0]) + r" \([^\n]*\n(?:(?!# slipway: )[^\n]*\n)*?" + re.escape(end)
    return begin + lines + end + re.sub(pattern, "", text)


def clients_in(text: str, name: str) -> dict[str, str]:
    """Return the hosts that our lines for a database let in, by name."""
    found: dict[str, str] = {}
    inside = False
    for line in text.splitlines():
        if line.startswith("# slipway: "):
            inside = line.startswith(BEGIN.format(name).split(" (")[0] + " (")
        match = re.search(r"^hostssl .* (\S+)/\d+  scram-sha-256  # (\S+)$", line) if inside else None
        if match:
            found[match[2]] = match[1]
    return found
