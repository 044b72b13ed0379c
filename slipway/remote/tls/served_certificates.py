"""Look at the certificates that visitors get, by a handshake for each domain; for `fab status`, and without root."""

from __future__ import annotations

import json
import os
import socket

from slipway.remote.tls.read_certificate import DAY, Certificate, read_certificate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SOON = 14.0  # days
SHARE = 0.25  # of its whole life, for certificates that are good for some days only
TIMEOUT = 5.0  # seconds


def served_certificates(options: dict[str, Any]) -> dict[str, Any]:
    """Say of each domain for how many days its certificate is good, and what is wrong with it.

    Args:
        options: address, port: of nginx. names: domains. folder: of the app's certificate. self_signed: whether it is
            to be self-signed. ordered: whether certbot orders it.

    Returns:
        {days (the fewest that are left, or null), troubles: [text], waiting (why none is ordered, or "")}.
    """
    known: dict[bytes, Certificate | None] = {}
    days: list[float] = []
    troubles: list[str] = []
    waiting = waiting_for(options["folder"])
    for name in options["names"]:
        try:
            der = handshake((options["address"], options["port"]), name.replace("*", "slipway"))
        except OSError as error:
            troubles.append(f"https://{name}: nginx does not end TLS on port {options['port']} ({error})")
            continue
        if der not in known:
            known[der] = read_certificate(der=der)
        found = known[der]
        if found is None:
            troubles.append(f"https://{name}: its certificate cannot be read (is openssl installed?)")
            continue
        days.append(found.days)
        wrong = complaint_about(found, name, options, waiting)
        if wrong:
            troubles.append(f"https://{name}: {wrong}")
    return {"days": min(days) if days else None, "troubles": troubles, "waiting": waiting}


def handshake(place: tuple[str, int], name: str) -> bytes:
    """Return the certificate that is served to who asks for a name; whether it is to be trusted is no question here.

    Raises:
        OSError: nobody answers, or not by TLS.
    """
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(place, TIMEOUT) as plain, context.wrap_socket(plain, server_hostname=name) as secure:
        return secure.getpeercert(binary_form=True) or b""


def complaint_about(found: Certificate, name: str, options: dict[str, Any], waiting: str) -> str:
    """Say why a browser would not accept a certificate, or soon will not; or ""."""
    if found.self_signed and not options["self_signed"]:
        return f"there is no certificate yet, but a self-signed one in its place{f': {waiting}' if waiting else ''}"
    if not found.covers(name):
        return f"its certificate is not for this domain{f': {waiting}' if waiting else ''}"
    if found.days <= 0:
        return f"its certificate has expired {-found.days:.0f} days ago{remedy(options)}"
    if found.days < min(SOON, SHARE * (found.ends - found.begins) / DAY):
        return f"its certificate expires in {found.days:.0f} days{remedy(options)}"
    return ""


def remedy(options: dict[str, Any]) -> str:
    """Say what to do about a certificate that was not renewed."""
    if options["ordered"]:
        return ", and was not renewed: `journalctl -u certbot -u slipway_tls` on the host says why"
    return ": `fab provision` installs a new one"


def waiting_for(folder: str) -> str:
    """Why certificates have not been ordered, as the last attempt has written it; "" if nothing is lacking."""
    try:
        with open(os.path.join(folder, "state.json"), encoding="utf-8") as file:
            return str(json.load(file).get("waiting", ""))
    except (OSError, ValueError, AttributeError):
        return ""
