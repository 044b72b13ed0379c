"""Writes the settings module that gives Django's development settings other values, beside the code of the release."""

from __future__ import annotations

import hashlib
import json

from slipway.core.shell import Script, put_file, sh
from slipway.model.step import Target

MODULE = "slipway_settings"
FOLDER = "settings"  # in the release's conf/, and nothing else is in it


def write(target: Target) -> Script:
    """Write the module, if there is something to set."""
    text = module_text(target)
    folder = target.paths.conf / FOLDER
    if not text:
        return Script("")
    return sh("mkdir {{folder}}\n{{file}}", folder=folder, file=put_file(folder / f"{MODULE}.py", text))


def choose(target: Target) -> Script:
    """Lines of the launcher that choose the module, unless the environment has chosen other settings."""
    if not target.detected.production:
        return Script("")
    return sh(
        """
if [ "$DJANGO_SETTINGS_MODULE" = {{own}} ]; then
  DJANGO_SETTINGS_MODULE={{module}}
  PYTHONPATH={{folder}}${PYTHONPATH:+:$PYTHONPATH}
fi""".strip(),
        own=target.detected.settings or "",
        module=MODULE,
        folder=target.paths.conf / FOLDER,
    )


def digest(target: Target) -> str:
    """Stands for the module where it is asked whether a result would be the same; "" without one."""
    text = module_text(target)
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


def module_text(target: Target) -> str:
    """The module; "" if the app's own settings are used as they are."""
    names = {override.name for override in target.detected.production}
    if not names:
        return ""
    domains = [domain.removeprefix("*") for domain in target.app.domains] or [target.host.site]
    lines = [
        '"""Written by Slipway: the settings of the app, with other values for some that only suit development."""',
        "import importlib",
        "import os",
        f"_own = importlib.import_module({json.dumps(target.detected.settings)})",
        "globals().update({name: value for name, value in vars(_own).items() if name.isupper()})",
    ]
    if "DEBUG" in names:
        lines.append("DEBUG = False")
    if "SECRET_KEY" in names:
        lines.append('SECRET_KEY = os.environ.get("SECRET_KEY") or _own.SECRET_KEY')
    if "ALLOWED_HOSTS" in names:
        lines.append(f"ALLOWED_HOSTS = list(dict.fromkeys([*_own.ALLOWED_HOSTS, *{json.dumps(domains)}]))")
    return "\n".join(lines) + "\n"
