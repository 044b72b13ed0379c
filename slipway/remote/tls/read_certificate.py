"""Read certificates by openssl: names, dates, who signed them."""

from __future__ import annotations

import os
import re
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DAY = 86400.0
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Certificate:
    """What a certificate says.

    Attributes:
        names: the domains that it is for. begins, ends: when it is good (epoch).
        self_signed: whether nobody but itself has signed it. serial: as hexadecimal digits.
    """

    def __init__(self, names: list[str], begins: float, ends: float, self_signed: bool, serial: str) -> None:
        self.names = names
        self.begins = begins
        self.ends = ends
        self.self_signed = self_signed
        self.serial = serial

    @property
    def days(self) -> float:
        """Days that are left; less than 0 once it has expired."""
        return (self.ends - time.time()) / DAY

    def covers(self, domain: str) -> bool:
        """Whether it is for a domain, or for a wildcard as such."""
        return any(name == domain or matches(name, domain) for name in self.names)


def matches(wildcard: str, domain: str) -> bool:
    """Whether a name such as `*.example.org` stands for a domain: for one label, RFC 6125."""
    return wildcard.startswith("*.") and domain.partition(".")[2] == wildcard[2:] and not domain.startswith("*")


def read_certificate(path: str = "", der: bytes = b"") -> Certificate | None:
    """Read the first certificate of a PEM file, or one as it was served; None where that cannot be done."""
    words = ["x509", "-noout", "-dates", "-serial", "-subject", "-issuer", "-ext", "subjectAltName"]
    code, said = openssl([*words, *(["-in", path] if path else ["-inform", "DER"])], der)
    told = dict(re.findall(r"(?m)^(notBefore|notAfter|serial|subject|issuer) ?= ?(.*)$", said))
    if code or "notAfter" not in told:
        return None
    names = [name.lower() for name in re.findall(r"(?:DNS|IP Address):([^,\s]+)", said)]
    own = told.get("subject") == told.get("issuer")
    return Certificate(names, epoch(told["notBefore"]), epoch(told["notAfter"]), own, told.get("serial", ""))


def epoch(text: str) -> float:
    """Read a date as openssl prints it: `Nov 27 19:30:05 2026 GMT`."""
    import calendar

    month, day, clock, year, _ = text.split()
    hour, minute, second = (int(part) for part in clock.split(":"))
    return float(calendar.timegm((int(year), MONTH_NAMES.index(month) + 1, int(day), hour, minute, second)))


def openssl(words: list[str], data: bytes = b"") -> tuple[int, str]:
    """Run openssl; returns its exit code and all that it says."""
    return run_command(["openssl", *words], data)


def run_command(words: list[str], data: bytes = b"", **more: Any) -> tuple[int, str]:
    """Run a command; returns its exit code and all that it says."""
    import subprocess

    environment = {**os.environ, "LC_ALL": "C.UTF-8", **more.pop("environment", {})}
    try:
        done = subprocess.run(
            words, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, check=False, **more
        )
    except FileNotFoundError:
        return 127, f"{words[0]} is not installed"
    return done.returncode, done.stdout.decode("utf-8", "replace")
