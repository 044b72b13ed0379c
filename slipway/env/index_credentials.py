"""Completes the addresses of package indexes by name and password, from the operator's environment or netrc."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from slipway.core.errors import UsageError

from .dotenv import Secret

SHORTEST = 4  # characters of a password that is masked wherever it stands; a shorter one only where it is one
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class IndexAddress(Struct, frozen=True):
    """The address of a package index as hosts use it.

    Attributes:
        url: with name and password.
        secrets: what must not be shown of it, in every form that it may have.
    """

    url: Secret
    secrets: tuple[Secret, ...] = ()


def index_address(address: str, environ: Mapping[str, str] | None = None) -> IndexAddress:
    """Fill in `${NAME}` from this machine's environment; an address without a name gets that of netrc, if there is one.

    Raises:
        UsageError: a variable is not set, or netrc cannot be read.
    """
    environ = os.environ if environ is None else environ
    head, at, rest = address.partition("@")
    scheme, _, user = head.partition("://")
    if not at or "/" in user:
        host = urlsplit(address).hostname or ""
        name, password = _of_netrc(host, environ)
        if not (name or password):
            return IndexAddress(Secret(address))
        scheme, _, rest = address.partition("://")
    else:
        name, password = (_filled(part, address, environ) for part in user.partition(":")[::2])
    login = quote(name, safe="") + (f":{quote(password, safe='')}" if password else "")
    return IndexAddress(Secret(f"{scheme}://{login}@{rest}"), tuple(_forms(name, password, login)))


def _filled(part: str, address: str, environ: Mapping[str, str]) -> str:
    """A name or password: the value of a variable as it is, or a name as addresses spell it."""
    if not part.startswith("$"):
        return unquote(part)
    return _VARIABLE.sub(partial(_variable, address=address, environ=environ), part)


def _variable(match: re.Match[str], address: str, environ: Mapping[str, str]) -> str:
    value = environ.get(match[1], "")
    if not value:
        raise UsageError(
            f"{match[1]} is not set here: the package index {address} needs it",
            hint=f"Set it for this command, for example: {match[1]}=... fab deploy. Nothing was contacted.",
        )
    if not value.isprintable():
        raise UsageError(f"{match[1]} holds a line break or another control character", hint="Set it without.")
    return value


def _of_netrc(host: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Name and password that the operator's netrc has for a host; its `default` is not meant for any host."""
    named = environ.get("NETRC")
    places = [Path(named)] if named else [Path("~/.netrc").expanduser(), Path("~/_netrc").expanduser()]
    file = next((path for path in places if path.is_file()), None)
    if not file:
        return "", ""
    from netrc import NetrcParseError, netrc

    try:
        found = netrc(file).hosts.get(host)
    except (NetrcParseError, OSError, UnicodeDecodeError) as error:
        why = f"line {error.lineno}" if isinstance(error, NetrcParseError) else type(error).__name__
        raise UsageError(f"{file} cannot be read ({why})", hint="Correct it, or name another one by NETRC.") from None
    return (found[0] or "", found[2] or "") if found else ("", "")


def _forms(name: str, password: str, login: str) -> Iterable[Secret]:
    """What must not be shown, longest first; a name without a password is a token."""
    yield Secret(base64.b64encode(f"{name}:{password}".encode()).decode())
    yield Secret(f"{login}@")
    secret = password or name
    if len(secret) >= SHORTEST:
        yield from map(Secret, sorted({secret, quote(secret, safe=""), quote(secret, safe="/")}, key=len, reverse=True))
