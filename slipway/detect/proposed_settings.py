"""Proposes lines of [app] for what the source shows and nothing in it declares: migrations, static files, HTTPS."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from slipway.inventory.app import App

from .committed_files import SourceTree, join
from .data_in_source import data_in_source
from .django_data_paths import Settings

if TYPE_CHECKING:
    from . import Detected

_YES = re.compile(r"(?i)true|1|yes|on")


def proposed_settings(tree: SourceTree, app: App, found: Detected) -> Iterator[str]:
    """The lines, each with its reason where that does not go without saying."""
    if found.kind == "django" and found.settings:
        yield from _django(tree, app, found, Settings(tree, found.settings, found.chdir, found.python_path))
    elif found.kind in ("wsgi", "asgi"):
        yield from data_in_source(tree, app, found)
        if app.migrate is True and not found.release_command:
            yield from _migrate(tree, found)


def _django(tree: SourceTree, app: App, found: Detected, settings: Settings) -> Iterator[str]:
    names = found.requirements.names
    if "django-compressor" in names and not app.static_commands and _is_on(settings.values.get("COMPRESS_OFFLINE")):
        yield 'static_commands = ["compress"]  # COMPRESS_OFFLINE is on'
    manifest = join(found.static_root or "", "staticfiles.json")
    if app.static and app.web and found.static_root and manifest in tree.files:
        yield f"static = false  # {manifest} is committed: static files were collected already"
    if app.web and not app.https and _is_on(settings.values.get("SECURE_SSL_REDIRECT")):
        yield "https = true  # SECURE_SSL_REDIRECT is on: TLS has to end in front of the host"


def _migrate(tree: SourceTree, found: Detected) -> Iterator[str]:
    names, folder = found.requirements.names, join(found.chdir, "")
    inside = [path.removeprefix(folder) for path in tree.files if path.startswith(folder)]
    if "flask-migrate" in names and any(path.endswith("migrations/env.py") for path in inside):
        target = (found.target or "").removesuffix("()").replace("'", "")
        yield f'migrate = "FLASK_APP={target} flask db upgrade"'
    elif "alembic" in names and "alembic.ini" in inside:
        yield 'migrate = "alembic upgrade head"'


def _is_on(value: ast.expr | None) -> bool:
    """Whether a setting is on, written out or by the default of the variable that decides it."""
    if isinstance(value, ast.Constant):
        return value.value is True
    for node in ast.walk(value) if value else ():
        if isinstance(node, ast.Call) and node.args and re.search(r"env|config", ast.unparse(node.func)):
            given = next((word.value for word in node.keywords if word.arg == "default"), None)
            default = given or (node.args[1] if len(node.args) > 1 else None)
            return isinstance(default, ast.Constant) and bool(_YES.fullmatch(str(default.value)))
    return False
