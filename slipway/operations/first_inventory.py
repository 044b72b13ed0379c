"""Writes the text of an app's first inventory.toml, from what its source shows and what the user has answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from slipway.core.errors import UsageError
from slipway.inventory.value_types import ADDRESS, DOMAIN, LOGIN, NAME, WORDS
from slipway.operations.describe_app import AppDescription

LAB = "lab"  # as a server: a container on this machine
SECRETS = "prod.env"
EXAMPLE = ".env.example"
IGNORED = (".lab", SECRETS, "__pycache__/", "*.sqlite3")
# An IPv6 address with a port has brackets; what has two colons without them is an address.
_SERVER = re.compile(
    r"(?:(?P<login>[^@]+)@)?(?:(?P<plain>[^][:]*:[^][:]*:[^][]*)|(?P<address>\[[^]]+\]|[^][:]+)(?::(?P<port>\d{1,5}))?)"
)
_PLAIN = re.compile(r'^(\w+) = ""')


class Server(NamedTuple):
    """A server as a user names it: `root@web1.example.org:22`; the login is for `fab provision`."""

    address: str
    login: str = "root"
    port: int = 0


class Answers(NamedTuple):
    """What the source cannot tell."""

    name: str
    servers: tuple[Server, ...]
    domains: tuple[str, ...]


def server(text: str) -> Server:
    """Read a server from `[LOGIN@]ADDRESS[:PORT]`, or `lab`.

    Raises:
        UsageError: it is none.
    """
    match = _SERVER.fullmatch(text.strip())
    if match:
        made = Server(
            (match["plain"] or match["address"]).strip("[]"), match["login"] or "root", int(match["port"] or 0)
        )
        if re.match(ADDRESS, made.address) and re.match(LOGIN, made.login) and made.port < 1 << 16:
            return made
    raise UsageError(f"{text!r} is no server", hint="Write root@web1.example.org, deploy@203.0.113.7:2222, or lab.")


def check(answers: Answers) -> None:
    """Raises UsageError: a name or domain that cannot be one, no server, or the lab beside others."""
    if not re.match(NAME, answers.name):
        raise UsageError(f"--name: {answers.name!r} is not {WORDS[NAME]}", hint="Write --name=shop.")
    for domain in answers.domains:
        if not re.match(DOMAIN, domain):
            raise UsageError(f"--domains: {domain!r} is not {WORDS[DOMAIN]}", hint="Write --domains=www.example.org.")
    addresses = [one.address for one in answers.servers]
    if not addresses:
        raise UsageError(
            "there is no server", hint="--servers=root@web1.example.org; --servers=lab for one on this machine"
        )
    if len(set(addresses)) < len(addresses) or (LAB in addresses and len(addresses) > 1):
        raise UsageError(
            "--servers names one twice, or the lab beside others", hint="Name each server once, or lab alone."
        )


def inventory_text(answers: Answers, about: AppDescription) -> str:
    """The file as text; it is a whole inventory, which `slipway.inventory.load` accepts."""
    return "\n".join(_lines(answers, about)) + "\n"


def example_text(about: AppDescription) -> str:
    """A `.env.example`: the names of all variables that the code reads, and where; "" if it reads none."""
    return "".join(f"# {one.where}\n{one.name}=\n" for one in about.variables if one.read)


def to_fill_in(about: AppDescription) -> list[str]:
    """Names of variables without which the app does not start, and whose value only the user knows."""
    return [match[1] for one in about.variables if (match := _PLAIN.match(one.proposed)) and one.state == "missing"]


def _lines(answers: Answers, about: AppDescription) -> Iterator[str]:
    lab = answers.servers[0].address == LAB
    group = LAB if lab else "prod"
    names = [f"{LAB if lab else 'web'}{number}" for number, _ in enumerate(answers.servers, 1)]
    yield "# What is deployed, and where to. `fab detect` shows what Slipway finds in the source by itself."
    yield f'default = "{group}"'
    yield ""
    yield "[app]"
    yield f'name = "{answers.name}"'
    yield from _found(answers, about)
    fill = to_fill_in(about)
    given = [one.proposed for one in about.variables if one.proposed and one.name not in fill]
    if given:
        yield from ("", "[env]", *given)
    yield ""
    yield f"[groups.{group}]"
    yield f"hosts = [{_listed(names)}]"
    if lab:
        yield "lab = true                      # `fab lab.up` makes it, a container on this machine"
    if fill:
        yield f'env_files = ["{SECRETS}"]        # not committed: {", ".join(fill)}'
    for name, one in () if lab else zip(names, answers.servers, strict=True):
        yield from ("", f"[hosts.{name}]", f'address = "{one.address}"')
        if one.port:
            yield f"port = {one.port}"
        if one.login != "root":
            yield f'admin = "{one.login}"             # logs in for `fab provision`; may use sudo'


def _found(answers: Answers, about: AppDescription) -> Iterator[str]:
    """Lines of [app] that follow its name: the domains, and what the source hints at."""
    if answers.domains:
        yield f"domains = [{_listed(answers.domains)}]"
    else:
        yield '# domains = ["www.example.org"]   # names of the site; without them it answers to the address'
    for line in about.inventory:
        key = line.partition(" ")[0]
        if key == "health":
            yield f"# {line}"
        elif key == "packages":
            yield line


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
