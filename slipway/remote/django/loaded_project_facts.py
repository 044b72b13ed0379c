"""Describe a loaded Django project: the facts that a deploy needs, and warnings of what would go wrong."""

from __future__ import annotations

import os
import sys

from slipway.remote.django.databases_in_use import in_use
from slipway.remote.host.program_io import Failed
from slipway.remote.web.find_app_risks import look

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STATICFILES = "django.contrib.staticfiles"


def describe(
    settings: Any, tree: str, domains: list[str], https: bool, static_root: Any, own_server: bool = False
) -> dict[str, Any]:
    """Describe a project.

    Args:
        settings: Django's settings.
        tree: the source of the release.
        domains: names that the site is asked by.
        https: whether visitors come by https.
        static_root: STATIC_ROOT as the app has it.
        own_server: whether the app is served by a command of its own; Slipway's gunicorn takes the scheme from nginx.

    Returns:
        {debug, insecure_key, refused (domains), static, media, databases, warnings ([name, text]), risks (see
        `slipway.remote.web.find_app_risks`)}; a place is
        {path, inside (relative to the source, or null), lost (whether it goes with the release)}.
    """
    from django.http.request import validate_host

    import django

    hosts = settings.ALLOWED_HOSTS or ([".localhost", "127.0.0.1", "[::1]"] if settings.DEBUG else [])
    installed = STATICFILES in settings.INSTALLED_APPS
    facts: dict[str, Any] = {
        "django": django.get_version(),
        "debug": bool(settings.DEBUG),
        "insecure_key": settings.SECRET_KEY.startswith("django-insecure"),
        "refused": [name for name in domains if not validate_host(name.lstrip("*"), hosts)],
        "static": {"installed": installed, "url": settings.STATIC_URL, **place(static_root, tree)},
        "media": {"url": settings.MEDIA_URL, **place(settings.MEDIA_ROOT, tree)},
        "databases": databases(settings, tree),
    }
    facts["risks"] = look(None, tree)["risks"]
    used = [["database", text] for text in in_use(settings, facts["databases"])]
    facts["warnings"] = [*warnings(facts, settings, https, own_server), *lost(facts), *used]
    return facts


def place(path: Any, tree: str) -> dict[str, Any]:
    """Say where a path lies: also if `inside`, it is not `lost` where it is a link to shared/."""
    if not path:
        return {"path": None, "inside": None, "lost": False}
    whole = os.path.abspath(os.path.join(os.getcwd(), os.fspath(path)))
    top, real = os.path.realpath(tree), os.path.realpath(whole)
    inside = next((one[len(base) + 1 :] for base in (top, tree) for one in (whole, real) if under(one, base)), None)
    doomed = (os.path.dirname(top), os.path.realpath(sys.prefix))
    return {"path": whole, "inside": inside, "lost": any(under(real, folder) for folder in doomed)}


def under(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")


def databases(settings: Any, tree: str) -> list[dict[str, Any]]:
    """Describe all databases; only those of SQLite have a place."""
    found = []
    for alias, database in settings.DATABASES.items():
        engine, name = database.get("ENGINE", ""), str(database.get("NAME") or "")
        sqlite = "sqlite" in engine or "spatialite" in engine
        path = name[5:].partition("?")[0] if name.startswith("file:") else name
        there = sqlite and path and ":memory:" not in path and "mode=memory" not in name
        found.append({"alias": alias, "engine": engine, **place(path if there else None, tree)})
    return found


def warnings(facts: dict[str, Any], settings: Any, https: bool, own_server: bool) -> list[list[str]]:
    """Say what visitors would run into: [name of the note, text]."""
    found = []
    if facts["insecure_key"] and "committed-secret-key" not in facts["risks"]:
        text = "SECRET_KEY begins with 'django-insecure', as `startproject` makes it: is it a secret one?"
        found.append(["secret-key", text])
    for domain in facts["refused"]:
        found.append(["allowed-hosts", f"ALLOWED_HOSTS does not allow {domain}: visitors would get 400."])
    if https and own_server and not settings.SECURE_PROXY_SSL_HEADER:
        text = (
            "SECURE_PROXY_SSL_HEADER is not set: unless the server that your command starts believes "
            "X-Forwarded-Proto, Django takes https for http, and refuses forms (CSRF). "
            "Set it to ('HTTP_X_FORWARDED_PROTO', 'https')."
        )
        found.append(["proxy-ssl-header", text])
    if settings.SECURE_SSL_REDIRECT and not https:
        text = "SECURE_SSL_REDIRECT is on, but the inventory says https = false: redirects would never end."
        found.append(["ssl-redirect", text])
    return found


def allowed(risks: dict[str, str], allow: list[str]) -> list[list[str]]:
    """Stop a deploy of what no visitor may meet; return what the inventory allows by name: [name of the note, text].

    Raises:
        Failed: the first risk that it does not allow, with what to do.
    """
    found = []
    for name, text in sorted(risks.items(), key=lambda risk: risk[0] != "debug"):
        if name not in allow:
            raise Failed(f'{text}\nTo deploy it as it is, set allow = ["{name}"] in [app] of the inventory.')
        found.append(["debug" if name == "debug" else "secret-key", f"{text} (allowed by the inventory)"])
    return found


def lost(facts: dict[str, Any]) -> list[list[str]]:
    """Say what would be lost at the next release: [name of the note, text]."""
    found = []
    if facts["media"]["lost"]:
        found.append(loss("MEDIA_ROOT", facts["media"], "linked_dirs", facts["media"]["inside"]))
    for database in facts["databases"]:
        if database["lost"]:
            folder = os.path.dirname(database["inside"] or "")
            key, name = ("linked_dirs", folder) if folder else ("linked_files", database["inside"])
            found.append(loss(f"The database {database['alias']!r}", database, key, name))
    return [["data-in-release", text] for text in found]


def loss(what: str, where: dict[str, Any], key: str, name: str | None) -> str:
    if not name:
        return f"{what} lies in {where['path']}: it would be lost at the next release. Move it out of there."
    return f'{what} lies in the release ({where["inside"]}): it would be lost. Add {key} = ["{name}"].'
