"""Put a certificate and its key where nginx reads them, both at once, and have nginx read them.

What nginx refuses is taken back, so that a certificate that is of no use never stands in the way of a reload.
"""

from __future__ import annotations

import os
import shutil

from slipway.remote.host.program_io import Failed
from slipway.remote.tls.read_certificate import openssl, read_certificate, run_command

STAND_IN_DAYS = 3650


def install_certificate(folder: str, certificate: bytes, key: bytes, domains: list[str], certified: bool) -> bool:
    """Install a pair; returns whether anything changed.

    Args:
        folder: of the app. domains: those that the inventory names.
        certified: visitors who come by HTTP are sent to HTTPS for each domain that the certificate is for.

    Raises:
        Failed: nginx refuses it; what was served before is served further on.
    """
    current = os.path.join(folder, "current")
    told = {"fullchain.pem": certificate, "privkey.pem": key}
    if all(file_bytes(os.path.join(current, name)) == text for name, text in told.items()):
        return mark_names(current, domains, certified)
    number = 1 + max([int(name) for name in os.listdir(folder) if name.isdigit()], default=0)
    place = os.path.join(folder, str(number))
    os.mkdir(place, 0o755)
    for name, text in told.items():
        write_private(os.path.join(place, name), text)
    mark_names(place, domains, certified)
    before = os.readlink(current) if os.path.islink(current) else ""
    lead(current, str(number))
    refused = reload_nginx()
    if refused:
        if before:
            lead(current, before)
        else:
            os.unlink(current)
        shutil.rmtree(place)
        raise Failed(f"nginx refuses the certificate: {refused}\nWhat it served before it goes on serving.")
    for name in os.listdir(folder):
        if name.isdigit() and name not in (str(number), before):
            shutil.rmtree(os.path.join(folder, name))
    return True


def file_bytes(path: str) -> bytes | None:
    """What a file holds; None if it is not there."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def write_private(path: str, text: bytes) -> None:
    """Write a file that root alone may read, from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def lead(link: str, target: str) -> None:
    """Make a link lead elsewhere by one rename."""
    new = f"{link}.new"
    if os.path.lexists(new):
        os.unlink(new)
    os.symlink(target, new)
    os.rename(new, link)


def mark_names(place: str, domains: list[str], certified: bool) -> bool:
    """Make a file for each domain that the certificate is for; nginx looks for them at each request by HTTP."""
    read = read_certificate(os.path.join(place, "fullchain.pem")) if certified else None
    wanted = {domain for domain in domains if read and read.covers(domain)}
    names = os.path.join(place, "names")
    if not os.path.isdir(names):
        os.mkdir(names, 0o755)
    there = set(os.listdir(names))
    for name in there - wanted:
        os.unlink(os.path.join(names, name))
    for name in wanted - there:
        with open(os.path.join(names, name), "w", encoding="ascii"):
            pass
    return there != wanted


def reload_nginx() -> str:
    """Have a running nginx read its configuration anew; returns why it would not."""
    code, _ = run_command(["systemctl", "--quiet", "is-active", "nginx"])
    if code:
        return ""
    code, said = run_command(["nginx", "-t"])
    if "test is successful" not in said:
        lines = (
            [line for line in said.splitlines() if "[emerg]" in line] or said.splitlines() or ["nginx -t says nothing"]
        )
        return lines[0].partition("[emerg] ")[2] or lines[0]
    run_command(["systemctl", "reload", "nginx"])
    return ""


def self_signed(domains: list[str]) -> tuple[bytes, bytes]:
    """Make a certificate that nobody but itself has signed, and its key.

    Raises:
        Failed: openssl does not make it.
    """
    import tempfile

    alternatives = ",".join(f"{'IP' if address(name) else 'DNS'}:{name}" for name in domains)
    with tempfile.TemporaryDirectory() as place:
        paths = [os.path.join(place, name) for name in ("fullchain.pem", "privkey.pem")]
        code, said = openssl(
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256",
             "-days", str(STAND_IN_DAYS), "-subj", "/CN=self-signed by Slipway", "-addext",
             f"subjectAltName={alternatives}", "-out", paths[0], "-keyout", paths[1]]
        )  # fmt: skip
        if code:
            raise Failed(f"openssl makes no certificate: {said.strip()[-300:]}")
        pair = [file_bytes(path) or b"" for path in paths]
    return pair[0], pair[1]


def address(name: str) -> bool:
    """Whether a name is an IP address."""
    import socket

    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, name)
        except OSError:
            continue
        return True
    return False
