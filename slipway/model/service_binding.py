"""Defines what the app gets of a service: how it is reached, kept on the app's hosts, and the variables made of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import msgspec
from msgspec import Struct

from slipway.core.errors import SlipwayError
from slipway.env.dotenv import Redacted, Secret
from slipway.env.sources import Bound

POSTGRES_SOCKETS = "/var/run/postgresql"
PORTS = {"postgresql": 5432, "postgres": 5432, "redis": 6379, "rediss": 6379, "memcached": 11211}.items()
SCHEMES = {"postgres": "postgresql", "redis": "redis", "memcached": "memcached"}.items()
LENGTH = 40  # characters of a password
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ROUNDS = 4096  # as PostgreSQL itself has them


class Binding(Redacted, frozen=True):
    """How one host's app reaches one service that `fab provision` has made.

    Attributes:
        on: name of the host that runs it. host: its address, or the folder or file of its socket.
        user, name: account and database (redis: a number). password: "" where the host tells who asks.
        sslmode, sslrootcert: as libpq has them. version: of the server, when it was provisioned.
        max_connections: 0 where the server does not say.
    """

    UNSHOWN = frozenset({"password"})

    kind: str
    on: str
    host: str
    port: int = 0
    user: str = ""
    name: str = ""
    password: str = ""
    sslmode: str = ""
    sslrootcert: str = ""
    version: str = ""
    max_connections: int = 0

    @property
    def url(self) -> str:
        """One text with all of it."""
        scheme = dict(SCHEMES)[self.kind]
        if self.kind == "memcached":
            return f"{scheme}://{self.host}"
        login = f"{quote(self.user, safe='')}{':' + quote(self.password, safe='') if self.password else ''}"
        login = f"{login}@" if login else ""
        options = {"sslmode": self.sslmode, "sslrootcert": self.sslrootcert}
        if self.host.startswith("/"):
            place, options = "", {"host": self.host, "port": str(self.port) if self.port != 5432 else "", **options}
        else:
            place = f"{bracketed(self.host)}:{self.port}"
        query = urlencode({key: value for key, value in options.items() if value}, safe="/")
        return f"{scheme}://{login}{place}/{quote(self.name, safe='')}{'?' + query if query else ''}"

    def part(self, part: str) -> str:
        """One of `slipway.inventory.service_tables.PARTS`."""
        if part == "host" and self.kind == "memcached":
            return f"unix:{self.host}"
        return str(getattr(self, part))


class Endpoint(Struct, frozen=True):
    """Where a service answers, without any secret.

    Attributes:
        known: whether the hosts have told; before that, the rest is empty.
    """

    service: str
    kind: str
    host: str = ""
    port: int = 0
    user: str = ""
    name: str = ""
    version: str = ""
    tls: bool = False
    max_connections: int = 0
    known: bool = True


Bindings = Mapping[str, Binding]


def bracketed(host: str) -> str:
    """An address as URLs have it."""
    return f"[{host}]" if ":" in host else host


def read_bindings(content: bytes, host: str) -> dict[str, Binding]:
    """What a host keeps of its services. Raises SlipwayError: it cannot be read."""
    if not content:
        return {}
    try:
        told: dict[str, Binding] = msgspec.convert(json.loads(content), dict[str, Binding])
        return told
    except (ValueError, RecursionError):
        raise SlipwayError(
            f"{host}: what is kept there of its services cannot be read",
            hint=f"`fab provision --hosts={host}` writes it anew, with new passwords.",
        ) from None


def render_bindings(bindings: Bindings) -> bytes:
    """The file of them."""
    told = {name: msgspec.structs.asdict(one) for name, one in bindings.items()}
    return json.dumps(told, sort_keys=True, indent=1).encode() + b"\n"


def bound_values(bound: Mapping[str, Bound], bindings: Bindings, values: Mapping[str, Secret]) -> dict[str, Secret]:
    """The variables that services give, as far as they are known.

    Args:
        values: the environment without them.
    """
    found = {name: _value(one, bindings, values) for name, one in bound.items()}
    return {name: Secret(value) for name, value in found.items() if value is not None}


def _value(one: Bound, bindings: Bindings, values: Mapping[str, Secret]) -> str | None:
    url = given_url(one, values)
    if url is not None:
        return url if one.part == "url" else str(parts(one.kind, url)[one.part])
    binding = bindings.get(one.service) if one.given is None else None
    return binding.part(one.part) if binding else None


def given_url(one: Bound, values: Mapping[str, Secret]) -> str | None:
    """The URL of an external service, if it is known."""
    given = values.get(one.given) if isinstance(one.given, str) else one.given
    return given.reveal() if isinstance(given, Secret) else None


def parts(kind: str, url: str) -> dict[str, str]:
    """A URL in its parts. Raises SlipwayError: it is none."""
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        raise SlipwayError(f"the URL of a {kind} service cannot be read", hint="Is its port a number?") from None
    query = {key: values[-1] for key, values in parse_qs(split.query).items()}
    scheme = split.scheme.partition("+")[0]
    host = unquote(split.hostname or "") or query.get("host", "")
    if kind == "memcached" and not split.hostname:
        host = split.path
    return {
        "url": url,
        "host": host,
        "port": str(port or query.get("port", "") or dict(PORTS).get(scheme, "")),
        "user": unquote(split.username or ""),
        "password": unquote(split.password or ""),
        "name": unquote(split.path.lstrip("/")),
        "sslmode": query.get("sslmode", ""),
        "sslrootcert": query.get("sslrootcert", ""),
        "scheme": scheme,
    }


def endpoints(services: Iterable[Bound], bindings: Bindings, values: Mapping[str, Secret]) -> tuple[Endpoint, ...]:
    """Where the services of a host answer."""
    return tuple(_endpoint(one, bindings, values) for one in services)


def _endpoint(one: Bound, bindings: Bindings, values: Mapping[str, Secret]) -> Endpoint:
    binding = bindings.get(one.service) if one.given is None else None
    if binding:
        return Endpoint(
            one.service, one.kind, binding.host, binding.port, binding.user, binding.name, binding.version,
            binding.sslmode not in ("", "disable"), binding.max_connections,
        )  # fmt: skip
    url = given_url(one, values)
    if url is None:
        return Endpoint(one.service, one.kind, known=False)
    told = parts(one.kind, url)
    tls = told["scheme"] == "rediss" or told["sslmode"] not in ("", "disable", "allow", "prefer")
    port = int(told["port"]) if told["port"].isdigit() else 0
    return Endpoint(one.service, one.kind, told["host"], port, told["user"], told["name"], tls=tls)


def new_password() -> str:
    """A strong one, of letters and digits: it needs no quoting anywhere."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def scram_verifier(password: str, account: str) -> str:
    """What PostgreSQL keeps of a password (RFC 5803), so that the password itself never reaches the server.

    The salt comes from the password, so that the same password has the same verifier: provision sees what changed.
    """
    salt = hmac.digest(password.encode(), b"slipway salt " + account.encode(), "sha256")[:16]
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    shown = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${ROUNDS}:{shown[0]}${shown[1]}:{shown[2]}"


def redis_verifier(password: str) -> str:
    """What redis keeps of a password (ACL SETUSER)."""
    return hashlib.sha256(password.encode()).hexdigest()


def fact_of(told: Any, host: str, service: str) -> Mapping[str, Any]:
    """What provision reports of a service. Raises SlipwayError: that is something else."""
    shape = dict[str, str | int]
    try:
        return msgspec.convert(json.loads(told), shape)
    except (ValueError, TypeError):
        raise SlipwayError(
            f"{host}: what it reports of its service {service} cannot be read",
            hint=f"`fab provision --hosts={host} --verbose` shows what it says.",
        ) from None
