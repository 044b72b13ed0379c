"""Finds commands that packages of the app want at each deploy, and that nothing in the source declares."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from slipway.inventory.app import App

from .committed_files import SourceTree, join
from .django_data_paths import Settings

if TYPE_CHECKING:
    from . import Detected


def proposed_commands(tree: SourceTree, app: App, found: Detected) -> Iterator[str]:
    """Lines of [app] that name them."""
    names = found.requirements.names
    if found.kind == "django" and found.settings and "django-compressor" in names and not app.static_commands:
        settings = Settings(tree, found.settings, found.chdir, found.python_path)
        if _is_true(settings.values.get("COMPRESS_OFFLINE")):
            yield 'static_commands = ["compress"]  # COMPRESS_OFFLINE is on'
    if found.kind in ("wsgi", "asgi") and app.migrate is True and not found.release_command:
        folder = join(found.chdir, "")
        inside = [path.removeprefix(folder) for path in tree.files if path.startswith(folder)]
        if "flask-migrate" in names and any(path.endswith("migrations/env.py") for path in inside):
            target = (found.target or "").removesuffix("()").replace("'", "")
            yield f'migrate = "flask --app {target} db upgrade"'
        elif "alembic" in names and "alembic.ini" in inside:
            yield 'migrate = "alembic upgrade head"'


def _is_true(value: ast.expr | None) -> bool:
    """Whether a setting is on: written out, or by the default of what it asks."""
    return isinstance(value, ast.Constant) and value.value is True
