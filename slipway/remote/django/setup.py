"""Set up a Django project as its own manage.py does, and explain why it cannot be loaded."""

from __future__ import annotations

import os
import sys
import traceback

from slipway.remote.host.program_io import Failed, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any


def load_settings() -> Any:
    """Import the settings module that DJANGO_SETTINGS_MODULE names, and return the settings.

    Raises:
        Failed: with what is missing, in words.
    """
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        from django.conf import settings

        _ = settings.SECRET_KEY
    except Exception as error:
        raise explained(error) from None
    return settings


def load_apps() -> None:
    """Import the installed apps with their models.

    Raises:
        Failed: with what is missing, in words.
    """
    try:
        import django

        django.setup()
    except Exception as error:
        raise explained(error) from None


def explained(error: Exception) -> Failed:
    """Show where an error comes from, and return it in words."""
    say("".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip())
    text = f"{type(error).__name__}: {error}"
    hint = advice(error)
    return Failed(f"{hint}\n({text})" if hint else f"Django cannot load the app: {text}")


def advice(error: Exception) -> str:
    """Return what to do about the errors that a first deploy runs into, or ""."""
    name = getattr(error, "name", None) or ""
    if isinstance(error, ModuleNotFoundError):
        settings = os.environ.get("DJANGO_SETTINGS_MODULE", "")
        if settings == name or settings.startswith(f"{name}."):
            below = folder_with(settings)
            if below:
                return (
                    f"The settings module {settings!r} lies in {below}/, where Python does not look: set "
                    f'PYTHONPATH = "{below}" in [env] of the inventory, or install the source as a package.'
                )
            return f"There is no settings module {settings!r}: name the right one in the inventory (app.settings)."
        return f"The module {name!r} is not there: is its package among the app's requirements?"
    if isinstance(error, KeyError) and from_environment(error.__traceback__):
        name = error.args[0]
        made = f" `{name} = {{ generate = 50 }}` in [env] has one made." if "SECRET_KEY" in name else ""
        return f"The app needs {name} in its environment: set it in [env] or env_files of the inventory.{made}"
    if "SECRET_KEY" in str(error):
        return "The app has no SECRET_KEY: `SECRET_KEY = { generate = 50 }` in [env] of the inventory has one made."
    if isinstance(error, OSError) and error.filename and error.errno in (1, 13, 30):
        return (
            f"The app wants to write {error.filename}, which it cannot: a release is read-only for the app.\n"
            "If it lies in the source, name its folder in linked_dirs of the inventory."
        )
    return ""


def folder_with(module: str) -> str:
    """Return the folder directly below this one in which a module lies, or ""."""
    path = module.replace(".", "/")
    folders = sorted((entry.name for entry in os.scandir(".") if entry.is_dir()), key=lambda one: (one != "src", one))
    ends = (".py", "/__init__.py")
    return next((one for one in folders if any(os.path.isfile(f"{one}/{path}{end}") for end in ends)), "")


def from_environment(trace: TracebackType | None) -> bool:
    """Say whether an error was raised by a look into os.environ."""
    while trace and trace.tb_next:
        trace = trace.tb_next
    code = trace.tb_frame.f_code if trace else None
    return (
        code is not None
        and code.co_name == "__getitem__"
        and code.co_filename == os._Environ.__getitem__.__code__.co_filename
    )
