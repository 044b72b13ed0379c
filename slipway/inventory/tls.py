"""Defines Tls: where nginx on a host has the certificate for the app's domains from; docs/tls.md tells more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from . import value_types as v
from .describe_problem import Place, convert
from .table import Table

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
YEAR = 31536000  # seconds

Issuer = Literal["none", "letsencrypt", "acme", "files", "self-signed"]
# What tells the issuer, where a table does not name it.
IMPLIED = MappingProxyType({"acme": "acme", "certificate": "files", "key": "files"})
WORDS = "'letsencrypt', 'self-signed', false, or a table"


class Tls(Table, frozen=True):
    """TLS that ends in nginx on the host; in the inventory the name of an issuer, false, or a table of these keys."""

    issuer: Issuer = "none"  # who signs the certificate; none: nginx serves HTTP only
    port: v.Port = 443  # where nginx answers by HTTPS
    hsts: bool | v.HstsSeconds = False  # browsers never ask by HTTP again: for a year, or for so many seconds
    email: v.Email | None = None  # of the account at the issuer
    acme: v.HttpsUrl | None = None  # the directory of another issuer that speaks ACME
    ca: Path | None = None  # PEM file: who signed the certificate of the issuer's own server; None: the system knows
    dns_hook: Path | None = None  # program that puts proofs into the DNS, for wildcards
    dns_plugin: v.DnsPlugin | None = None  # the same by a plugin of certbot's that Debian has
    dns_credentials: Path | None = None  # the plugin's file of credentials, on this machine
    certificate: Path | None = None  # PEM file on this machine: the certificate, then what signed it
    key: Path | None = None  # PEM file on this machine: its private key

    @property
    def by_acme(self) -> bool:
        """Whether certbot orders the certificate."""
        return self.issuer in ("letsencrypt", "acme")

    @property
    def by_dns(self) -> bool:
        """Whether names are proved by the DNS, and not by a file that nginx serves."""
        return bool(self.dns_hook or self.dns_plugin)

    @property
    def directory(self) -> str:
        """The ACME directory of the issuer."""
        return self.acme or "" if self.issuer == "acme" else LETS_ENCRYPT

    @property
    def hsts_seconds(self) -> int:
        """What Strict-Transport-Security says; 0: the header is not sent."""
        return YEAR if self.hsts is True else int(self.hsts)

    def beside(self, folder: Path) -> Tls:
        """The same with paths that are relative to the inventory's folder made absolute."""
        names = ("ca", "dns_hook", "dns_credentials", "certificate", "key")
        paths = {name: folder / path.expanduser() for name in names if (path := getattr(self, name))}
        return msgspec.structs.replace(self, **paths)


def tls_table(place: Place, given: Any) -> dict[str, Any]:
    """One layer's `tls` as a table that names its issuer, checked where it stands.

    Raises:
        UsageError: it is of no use.
    """
    if given is False:
        return {"issuer": "none"}
    table = {"issuer": given} if isinstance(given, str) else given
    if not isinstance(table, dict):
        raise place.error(f"expected {WORDS}")
    issuer = table.get("issuer") or next((IMPLIED[key] for key in table if key in IMPLIED), None)
    table = {**table, "issuer": issuer} if issuer else table
    tls = convert(table, Tls, place)
    for key, meant in IMPLIED.items():
        if key in table and tls.issuer != meant:
            raise (place / key).error(f"is of use with issuer = '{meant}' only")
    return table


def contradictions(tls: Tls, domains: tuple[str, ...], port: int, https: bool) -> Iterator[tuple[str, str]]:
    """What only shows when all layers are together: the key inside the app, and what is wrong."""
    if https:
        yield "https", "says that TLS ends in front of the host, and tls that it ends there: leave one of them out"
    if tls.port == port:
        yield "tls.port", "is app.port, which is for HTTP"
    if tls.issuer == "acme" and not tls.acme:
        yield "tls.acme", "is missing: the address of the issuer's directory"
    if tls.issuer == "files" and not (tls.certificate and tls.key):
        yield (
            f"tls.{'key' if tls.certificate else 'certificate'}",
            "is missing: issuer = 'files' needs both",
        )
    if tls.issuer == "self-signed" and tls.hsts_seconds:
        yield "tls.hsts", "would lock visitors out: with HSTS no browser accepts a certificate that it does not trust"
    if tls.by_acme:
        yield from _acme(tls, domains)


def _acme(tls: Tls, domains: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if not domains:
        yield "tls", "needs app.domains: a certificate is for names"
    if tls.dns_hook and tls.dns_plugin:
        yield "tls.dns_hook", "and tls.dns_plugin do the same: leave one of them out"
    if tls.dns_credentials and not tls.dns_plugin:
        yield "tls.dns_credentials", "is of use with tls.dns_plugin only"
    wildcard = next((domain for domain in domains if domain.startswith("*")), None)
    if wildcard and not tls.by_dns:
        yield "tls", f"cannot prove '{wildcard}' by HTTP: set tls.dns_hook or tls.dns_plugin (docs/tls.md, Wildcards)"
    if len(domains) > 100:
        yield "domains", "has more than the 100 names that one certificate can be for"
