"""Say whether nginx has the app's site as provision would write it now, and whether it has read it."""

from __future__ import annotations

import hashlib
import os

from slipway.remote.host.compare_served_site import differences
from slipway.remote.host.proc import children, started

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_OF_SITE = 1 << 20
IPV6 = "listen [::]:"
SLACK = 2.0  # seconds: the clock of processes is coarse


def digest(text: str) -> str:
    """Stand for the text of a site, on hosts with and without IPv6."""
    lines = [line for line in text.rstrip("\n").split("\n") if not line.strip().startswith(IPV6)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def site_trouble(wanted: dict[str, Any]) -> str:
    """Say what is wrong with the site, or "".

    Args:
        wanted: {path (of the site that nginx reads), digest, serves (its first line), pid_file (of nginx), remedy}.
    """
    try:
        with open(wanted["path"], encoding="utf-8", errors="replace") as file:
            text, written = file.read(MOST_OF_SITE), os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return f"nginx has no site for the app ({wanted['path']}): {wanted['remedy']} sets it up"
    except OSError as error:
        return f"nginx's site cannot be read ({wanted['path']}: {error.strerror})"
    if digest(text) != wanted["digest"]:
        more, lacking = differences(text.partition("\n")[0], wanted["serves"])
        if lacking:
            return f"nginx does not serve {', '.join(lacking)} yet: {wanted['remedy']}, then `fab deploy`"
        if more:
            return f"nginx still serves {', '.join(more)}: {wanted['remedy']} ends that when the release allows it"
        return f"nginx's site is not what the inventory says: {wanted['remedy']} writes it anew"
    read = last_read(wanted["pid_file"])
    if read and read + SLACK < written:
        return f"nginx has not read its site since it was changed ({wanted['path']}): {wanted['remedy']} reloads it"
    return ""


def last_read(pid_file: str) -> float | None:
    """Return when nginx read its configuration last, by its youngest worker; None where that cannot be told."""
    try:
        with open(pid_file, encoding="ascii") as file:
            master = int(file.read(20))
    except (OSError, ValueError):
        return None
    times = [time for time in map(started, children(master)) if time]
    return max(times, default=None)
