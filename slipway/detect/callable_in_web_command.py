"""Reads from the command of a web server which callable it serves: gunicorn, uvicorn, hypercorn, daphne and others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Literal, NamedTuple

from slipway.inventory.value_types import CALLABLE

from . import split_shell_commands


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


# Options without a value, of each server whose callable is read.
FLAGS = MappingProxyType(
    {
        "gunicorn": _words(
            "preload reload daemon D check-config print-config reuse-port capture-output log-syslog R no-sendfile",
            "spew enable-stdio-inheritance strip-header-spaces proxy-protocol suppress-ragged-eofs initgroups",
            "do-handshake-on-connect disable-redirect-access-to-syslog permit-unconventional-http-method",
        ),
        "uvicorn": _words(
            "reload factory proxy-headers no-proxy-headers server-header no-server-header date-header no-date-header",
            "access-log no-access-log use-colors no-use-colors",
        ),
        "hypercorn": _words("debug reload"),
        "daphne": _words("proxy-headers"),
        "waitress-serve": _words("call expose-tracebacks no-expose-tracebacks"),
    }
)
# What the deploy sets by itself, or has no use for: where to listen, and what to log.
OURS = _words(
    "bind b host port p fd uds listen log-level log-file access-logfile error-logfile access-logformat log-config",
    "access-log no-access-log capture-output log-syslog chdir pythonpath app-dir name n pid worker-tmp-dir R v",
    "forwarded-allow-ips proxy-headers preload factory call use-colors no-use-colors enable-stdio-inheritance",
    "verbosity reload",
)
SHORT = MappingProxyType({"w": "workers", "t": "timeout", "k": "worker-class", "c": "config", "b": "bind", "n": "name"})
IN_INVENTORY = MappingProxyType(
    {"workers": "workers", "threads": "threads", "timeout": "timeout", "graceful-timeout": "graceful_timeout"}
)  # gunicorn's options that are keys of [app.gunicorn]


class WebCommand(NamedTuple):
    """What a web server's command says.

    Attributes:
        server: its name. interface: what its callable speaks. target: the callable, as the inventory writes it.
        chdir: where it runs, relative to where the command does. python_path: further folders to import from.
        options: of it that are not taken over, each as (name, value).
        besides: commands that run before it.
    """

    server: str
    interface: Literal["wsgi", "asgi"]
    target: str
    chdir: str
    python_path: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    besides: tuple[str, ...] = ()


def parse(command: str) -> WebCommand | None:
    """Read a web server's command; None if it cannot be replaced by a server of Slipway's own."""
    simple = split_shell_commands.parse(command)
    server = simple.words[0] if simple else ""
    if simple is None or server not in FLAGS:
        return None
    options, given = _arguments(server, simple.words[1:])
    interface = _interface(server, options)
    target = _target(server, given[0], options) if given else ""
    if interface is None or not re.match(CALLABLE, target):
        return None
    chdir = posixpath.normpath(posixpath.join(simple.chdir, options.get("chdir", "")))
    added = [*simple.python_path, *options.get("pythonpath", "").split(","), options.get("app-dir", "")]
    if chdir.startswith(("..", "/")) or any(path.startswith(("..", "/")) or "$" in path for path in (chdir, *added)):
        return None
    kept = tuple((name, value) for name, value in options.items() if name not in OURS and "$" not in value)
    path = tuple(posixpath.normpath(one) for one in added if one not in ("", "."))
    return WebCommand(server, interface, target, "" if chdir == "." else chdir, path, kept, simple.besides)


def in_inventory(options: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Options of gunicorn as lines of the inventory, as far as it has keys for them."""
    for name, value in options:
        if name in IN_INVENTORY and value.isdigit():
            yield f"gunicorn.{IN_INVENTORY[name]} = {value}"


def _arguments(server: str, words: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """Options with their values by long names, and the other words."""
    options: dict[str, str] = {}
    others: list[str] = []
    waiting = [*words]
    while waiting:
        word = waiting.pop(0)
        name, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("-") or word == "-":
            others.append(word)
        elif word.startswith("--") and (equals or name in FLAGS[server]):
            options[name] = value
        elif word.startswith("--"):
            options[name] = waiting.pop(0) if waiting else ""
        elif name[:1] in FLAGS[server]:
            options[name[:1]] = ""
        else:
            short = SHORT.get(word[1], word[1])
            options[short] = word[2:].lstrip("=") or (waiting.pop(0) if waiting else "")
    return options, others


def _interface(server: str, options: dict[str, str]) -> Literal["wsgi", "asgi"] | None:
    """None for workers that Slipway's own servers do not have."""
    worker = options.get("worker-class", "sync")
    if server == "waitress-serve" or options.get("interface") == "wsgi":
        return "wsgi"
    if server != "gunicorn":
        return "asgi"
    if "uvicorn" in worker:
        return "asgi"
    return "wsgi" if worker in ("sync", "gthread") else None


def _target(server: str, word: str, options: dict[str, str]) -> str:
    module, colon, name = re.sub(r"^[aw]sgi:(?=[^:]+:)", "", word).partition(":")
    usual = {"gunicorn": "application", "hypercorn": "app"}.get(server, "")
    target = f"{module}:{name}" if colon else f"{module}:{usual}"
    return f"{target}()" if {"factory", "call"} & options.keys() else target
