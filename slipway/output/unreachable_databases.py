"""Tells from the messages of database drivers which server the app could not use, and why; never a password."""

from __future__ import annotations

import re

# Each with the groups `where` (a host, an address or a socket; may be missing) and `why`.
PATTERNS = (
    r'connection to server (?:at|on socket) "(?P<where>[^"]+)".*failed: (?P<why>.*)',
    r"failed to resolve host '(?P<where>[^']+)': (?:\[Errno -?\d+\] )?(?P<why>.*)",
    r'could not translate host name "(?P<where>[^"]+)" to address: (?P<why>.*)',
    r"(?P<why>(?:password|Peer|Ident) authentication failed for user \"[^\"]+\")",
    r"(?P<why>(?:database|role) \"[^\"]+\" does not exist)",
    r"(?P<why>no pg_hba\.conf entry for host \"[^\"]+\")",
    r"Can't connect to (?:local )?(?:MySQL |MariaDB )?server"
    r" (?:on|through socket) '(?P<where>[^']+)' \((?P<why>[^)]+)\)",
    r"(?P<why>Access denied for user '[^']*'@'[^']*')",
    r"(?P<why>Unknown database '[^']+')",
    r"Error (?:-?\d+) connecting to (?P<where>\S+?)\.? (?P<why>Connection refused|.*not known)",
    r"(?P<where>[\w.-]+:\d+): (?P<why>\[Errno 111\] Connection refused)",
)


def advice(text: str) -> str:
    """What to do about a database that the app cannot use; "" where the text tells of none."""
    if "dialects:postgres\n" in f"{text}\n":
        return (
            "SQLAlchemy 1.4 and newer know the scheme postgresql:// only: change postgres:// at the beginning of the "
            "database's URL, where `fab env` says that it comes from."
        )
    for pattern in PATTERNS:
        if match := re.search(pattern, text):
            given = match.groupdict()
            return _told(given.get("where") or "its database", given["why"])
    return ""


def _told(where: str, why: str) -> str:
    return (
        f"The app cannot use {where} from this host ({why.strip().rstrip('.')}). Check that the server runs and lets "
        "this host in, and the variable that names it, such as DATABASE_URL: fab env shows where each comes from."
    )
