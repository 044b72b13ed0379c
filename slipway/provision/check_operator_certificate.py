"""Reads the operator's files for TLS, and refuses before any contact a certificate that no browser would accept."""

from __future__ import annotations

import io
import itertools
import tarfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.core.errors import UsageError
from slipway.remote.tls.read_certificate import matches
from slipway.render.nginx_site import server_names

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from slipway.inventory import Host

SOON = timedelta(days=14)
CHAIN = (
    "Put the certificate first, then what signed it, then what signed that, as your issuer's `fullchain.pem` has it."
)


def sent_files(host: Host) -> dict[str, bytes]:
    """What is sent to a host, by the name that it has there.

    Raises:
        UsageError: a file is missing, or the certificate is of no use for the host's domains.
    """
    tls = host.app.tls
    if tls.issuer == "files" and tls.certificate and tls.key:
        certificate, key = _read(host, "certificate", tls.certificate), _read(host, "key", tls.key)
        check_certificate(host, certificate, key)
        return {"own.pem": certificate, "own-key.pem": key}
    if not tls.by_acme:
        return {}
    paths = {"ca.pem": ("ca", tls.ca), "dns-hook": ("dns_hook", tls.dns_hook),
             "dns-credentials": ("dns_credentials", tls.dns_credentials)}  # fmt: skip
    return {name: _read(host, key, path) for name, (key, path) in paths.items() if path}


def _read(host: Host, key: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{host.name}: tls.{key}: {path} cannot be read ({error.strerror})",
            hint="Its path counts from the folder of inventory.toml; it must be a file that you may read.",
        ) from None


def check_certificate(host: Host, certificate: bytes, key: bytes) -> None:
    """Refuse what would not work: another key, a wrong order, dates, names.

    Raises:
        UsageError: says which of these it is.
    """
    from cryptography import x509

    place = f"{host.name}: tls.certificate"
    try:
        chain = x509.load_pem_x509_certificates(certificate)
    except ValueError:
        raise UsageError(f"{place}: {host.app.tls.certificate} holds no certificate in PEM", hint=CHAIN) from None
    leaf = chain[0]
    _check_key(host, leaf, key)
    for below, above in itertools.pairwise(chain):
        try:
            below.verify_directly_issued_by(above)
        except Exception:
            what = f"{below.subject.rfc4514_string()!r} is not signed by {above.subject.rfc4514_string()!r}"
            raise UsageError(f"{place}: the order is wrong: {what}, which follows it", hint=CHAIN) from None
    _check_dates(place, leaf)
    names = _names(leaf)
    lacking = [name for name in server_names(host.app, host) if not any(n == name or matches(n, name) for n in names)]
    if lacking:
        raise UsageError(
            f"{place}: it is for {', '.join(names) or 'no domain'}, and not for {', '.join(lacking)}",
            hint="Have it made for all of app.domains, or take those out of there.",
        )


def _check_key(host: Host, leaf: Certificate, key: bytes) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    place = f"{host.name}: tls.key"
    try:
        private = load_pem_private_key(key, None)
    except TypeError:
        hint = "nginx has to read it by itself: `openssl pkey -in KEY -out PLAIN` takes the password away."
        raise UsageError(f"{place}: the key has a password", hint=hint) from None
    except ValueError:
        raise UsageError(
            f"{place}: {host.app.tls.key} holds no private key in PEM", hint="Name the key's file."
        ) from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
        raise UsageError(
            f"{place}: it is not the key of the certificate",
            hint=f"{CHAIN} The key is the one that the first of them was made for.",
        )


def _check_dates(place: str, leaf: Certificate) -> None:
    now = datetime.now(timezone.utc)
    if leaf.not_valid_after_utc <= now:
        raise UsageError(f"{place}: it has expired on {leaf.not_valid_after_utc:%Y-%m-%d}", hint="Get a new one.")
    if leaf.not_valid_before_utc > now:
        begins = f"{leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        raise UsageError(f"{place}: it is not good before {begins}", hint="Wait, or look at this machine's clock.")


def _names(leaf: Certificate) -> list[str]:
    from cryptography import x509

    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = [str(address) for address in found.get_values_for_type(x509.IPAddress)]
    return [*(name.lower() for name in found.get_values_for_type(x509.DNSName)), *addresses]


def pack(files: dict[str, bytes]) -> bytes:
    """The files as a tar archive; what they hold is nobody else's business."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o600
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
