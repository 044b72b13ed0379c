"""Look at a loaded app for what no visitor may meet: debugging pages, and a secret key that is no secret.

A worker of gunicorn does so once it has loaded the app, and leaves the findings in its mark, which the boot reads. A
key is never written down: only a digest of it, so that the keys of several workers can be compared.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

DEFAULTS = (
    *("change-me", "changeme", "change_me", "changeit", "replace-me", "secret", "secret-key", "secret_key", "insecure"),
    *("dev", "your-secret-key", "your_secret_key", "your-secret-key-here", "super-secret", "supersecret"),
)
LONG = 16  # characters of a text that no source has by chance
SOURCE_BYTES = 1 << 20  # bytes
CONFIGURATION = (".env", ".toml", ".yaml", ".yml", ".json", ".ini", ".cfg", ".conf")
DEPTH = 6  # of middleware around an app
DEBUG = "DEBUG is on: visitors would see settings and source code. Switch it off for the host ({how})."
KNOWN = (
    "{what}: whoever reads it can forge sessions and sign in as anybody. Take it from the environment: "
    "`SECRET_KEY = {{ generate = 50 }}` in [env] of the inventory has one made."
)


def look(app: Any, tree: str) -> dict[str, Any]:
    """Return {risks: {name: text}, keys: {name: digest}} of a loaded app.

    Args:
        app: what the server calls; Django's settings are found without it.
        tree: the source of the release.
    """
    risks: dict[str, str] = {}
    keys: dict[str, str] = {}
    for name, value, debug, how in facts(app):
        if debug:
            risks["debug"] = DEBUG.format(how=how)
        if value:
            keys[name] = digest(value)
            where = known(name, value, tree)
            if where:
                risks["committed-secret-key"] = KNOWN.format(what=where)
    return {"risks": risks, "keys": keys}


def digest(key: Any) -> str:
    """Return what stands for a key, so that it can be compared and not read."""
    return hashlib.sha256(b"slipway " + as_bytes(key)).hexdigest()


def facts(app: Any) -> Iterator[tuple[str, Any, bool, str]]:
    """Return the name of each secret key, the key, whether debugging is on, and how it is switched off."""
    conf = sys.modules.get("django.conf")
    if conf and conf.settings.configured:
        settings = conf.settings
        yield "SECRET_KEY", settings.SECRET_KEY, bool(settings.DEBUG), "Django: DEBUG = False"
    for one in layers(app):
        modules = {kind.__module__.split(".")[0] for kind in type(one).__mro__}
        if modules & {"flask", "quart"}:
            yield "secret_key", one.secret_key, bool(one.debug), "Flask: app.debug, FLASK_DEBUG"
        elif modules & {"starlette", "fastapi"} and hasattr(one, "user_middleware"):
            yield "", None, bool(one.debug), "debug=False where the app is made"
            for middleware in one.user_middleware:
                options = getattr(middleware, "kwargs", None) or getattr(middleware, "options", {})
                yield "secret_key", options.get("secret_key"), False, ""


def layers(app: Any) -> Iterator[Any]:
    """Return an app, and what it wraps where it is middleware."""
    for _ in range(DEPTH):
        if app is None:
            return
        yield app
        inner = vars(app) if hasattr(app, "__dict__") else {}
        app = next((inner[name] for name in ("app", "wsgi_app", "application", "asgi_app") if inner.get(name)), None)


def as_bytes(key: Any) -> bytes:
    return key if isinstance(key, bytes) else str(key).encode("utf-8", "surrogateescape")


def known(name: str, key: Any, tree: str) -> str:
    """Say from where everybody may know a key, or ""; the key itself is not in what is said."""
    place = committed(as_bytes(key), tree)
    if place:
        return f"{name} stands in the committed source ({place})"
    if as_bytes(key).decode("utf-8", "replace").strip().lower() in DEFAULTS:
        return f"{name} is a well-known default"
    return ""


def committed(key: bytes, tree: str) -> str:
    """Return file and line of the source where a key stands as a text, or ""."""
    escaped = repr(key)[2:-1].encode()
    forms = {b"'%b'" % key, b'"%b"' % key, b"'%b'" % escaped, b'"%b"' % escaped}
    assigned = re.compile(rb"[=:][ \t]*%b[ \t]*\r?$" % re.escape(key), re.MULTILINE)
    top = os.path.realpath(tree) + os.sep
    for path in files(top):
        try:
            with open(path, "rb") as file:
                text = file.read(SOURCE_BYTES)
        except OSError:
            continue
        places = [text.find(form) for form in forms if form in text]
        if not path.endswith(".py"):
            places += [match.start() for match in assigned.finditer(text)]
        for at in sorted(places):
            line = text[text.rfind(b"\n", 0, at) + 1 : (text.find(b"\n", at) + 1 or len(text) + 1) - 1]
            if len(key) >= LONG or b"secret" in line.lower():
                return f"{path[len(top) :]}:{text.count(bytes([10]), 0, at) + 1}"
    return ""


def files(top: str) -> Iterator[str]:
    """Return the app's modules that are loaded, and configuration beside them; nothing that a link leads to."""
    loaded = {str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())}
    modules = sorted(path for path in map(os.path.realpath, loaded) if path.startswith(top) and path.endswith(".py"))
    yield from modules
    for folder in dict.fromkeys([top.rstrip(os.sep), os.getcwd(), *map(os.path.dirname, modules)]):
        for name in sorted(os.listdir(folder)) if os.path.realpath(folder + os.sep + "x").startswith(top) else ():
            path = os.path.join(os.path.realpath(folder), name)
            wanted = name.endswith(CONFIGURATION) or name.startswith((".env", ".flaskenv"))
            if wanted and os.path.isfile(path) and not os.path.islink(path):
                yield path
