"""The settings module in the place of a Django project's own, as Python really loads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from msgspec.structs import replace

from slipway.detect.development_settings import Name, Override
from slipway.model.step import Target
from slipway.steps import env_file, write_settings_module
from tests.steps.targets import target

ASK = "import slipway_settings as s; print(s.DEBUG, s.SECRET_KEY, s.ALLOWED_HOSTS, s.OTHER, hasattr(s, 'lower'))"


def loaded(folder: Path, made: Target, **env: str) -> str:
    """What Python finds in the module beside an app's own."""
    (folder / "app").mkdir()
    own = "DEBUG = True\nSECRET_KEY = 'committed'\nALLOWED_HOSTS = ['a.org']\nOTHER = 1\nlower = 2\n"
    (folder / "app" / f"{made.detected.settings}.py").write_text(own)
    (folder / "slipway_settings.py").write_text(write_settings_module.module_text(made))
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{folder}:{folder / 'app'}", **env}
    return subprocess.run([sys.executable, "-c", ASK], env=env, capture_output=True, text=True, check=True).stdout


def made(*names: Name) -> Target:
    plain = target()
    detected = replace(plain.detected, settings="own", production=tuple(Override(name, "own.py", 1) for name in names))
    return replace(plain, detected=detected, app=replace(plain.app, domains=("a.org", "*.b.org")))


def test_the_apps_settings_are_all_there_and_three_of_them_are_fit_for_visitors(tmp_path: Path) -> None:
    everything = made("DEBUG", "SECRET_KEY", "ALLOWED_HOSTS")
    assert loaded(tmp_path, everything, SECRET_KEY="strong") == "False strong ['a.org', '.b.org'] 1 False\n"


def test_settings_that_are_not_named_stay(tmp_path: Path) -> None:
    assert (
        loaded(tmp_path, made("ALLOWED_HOSTS"), SECRET_KEY="strong") == "True committed ['a.org', '.b.org'] 1 False\n"
    )


def test_the_launcher_chooses_the_module_unless_the_environment_names_other_settings() -> None:
    text = env_file.launcher(made("DEBUG")).text
    assert 'if [ "$DJANGO_SETTINGS_MODULE" = own ]; then' in text
    assert text.index("/env/") < text.index("slipway_settings"), "what the user sets is known by then"
    plain = made()
    assert "slipway_settings" not in env_file.write(plain).script.text


def test_other_values_are_another_input_of_static_files_and_migrations() -> None:
    digests = {write_settings_module.digest(made(*names)) for names in ((), ("DEBUG",), ("DEBUG", "ALLOWED_HOSTS"))}
    assert len(digests) == 3
