"""A committed env file: who reads it is found out, and a secret that would come from there stops the deploy."""

from __future__ import annotations

import subprocess

import pytest
from msgspec.structs import replace

from slipway.core.shell import PRELUDE
from slipway.detect import Detected, detect
from slipway.inventory.app import App
from slipway.steps import env_file
from tests.steps.targets import target

APP = {"main.py": "from fastapi import FastAPI\napp = FastAPI()\n", "requirements.txt": "fastapi\n"}
ENV = {".env": "# for development\nSECRET_KEY=committed\nCOLOUR=red\nAPI_TOKEN=\n"}


class Tree(dict[str, str]):
    """Committed files."""

    @property
    def files(self) -> list[str]:
        return list(self)

    def read(self, path: str) -> bytes:
        return self[path].encode()


def found(files: dict[str, str], **app: object) -> Detected:
    return detect(Tree(files), App(name="shop", **app))  # type: ignore[arg-type]


READERS = [
    "from dotenv import load_dotenv\nload_dotenv()",
    "from environs import Env\nEnv().read_env()",
    "import environ\nenviron.Env.read_env(BASE_DIR / '.env')",
    "from decouple import config\nSECRET = config('SECRET_KEY')",
    "model_config = SettingsConfigDict(env_file='.env')",
    "class Config:\n    env_file = '.env'",
    "config = Config('.env')",
]


@pytest.mark.parametrize("reader", READERS)
def test_an_env_file_that_the_app_reads_is_told_as_that(reader: str) -> None:
    (note,) = found({**APP, **ENV, "settings.py": reader}).notes
    assert note.startswith(".env is read by the app (")
    assert "SECRET_KEY in it: known to all who see the source" in note
    assert note.endswith("[env-file-read]")
    assert "API_TOKEN" not in note


def test_one_that_nothing_reads_is_told_as_that() -> None:
    (note,) = found({**APP, **ENV, "tests/test_x.py": READERS[0]}).notes
    assert note.startswith(".env is not used; ")
    (note,) = found({**APP, ".flaskenv": "FLASK_DEBUG=1", "settings.py": READERS[0]}).notes
    assert note.startswith(".flaskenv is not used by the web server, only by the `flask` command; ")


def test_one_that_is_linked_to_shared_is_not_the_committed_one() -> None:
    assert found({**APP, **ENV, "settings.py": READERS[0]}, linked_files=(".env",)).notes == ()


def refused(reader: str, env: bytes, *allow: str) -> str:
    detected = found({**APP, **ENV, "settings.py": reader})
    place = replace(target(allow=allow), detected=detected, env=env)
    script = env_file.write(place).script.text.split("take_to", 1)[0]
    return subprocess.run(["bash", "-c", f"{PRELUDE}{script}"], capture_output=True, text=True, check=False).stdout


def test_a_secret_from_a_committed_env_file_stops_the_deploy() -> None:
    said = refused(READERS[0], b"export COLOUR='blue'\n")
    assert "fail SECRET_KEY would come from .env, which is committed and which the app reads" in said
    assert 'allow = ["committed-env"]' in said
    assert "=committed" not in said
    assert refused(READERS[0], b"export SECRET_KEY='x'\n") == ""
    assert refused(READERS[0], b"", "committed-env") == ""


def test_a_file_that_wins_over_the_environment_stops_it_in_any_case() -> None:
    said = refused("load_dotenv(override=True)", b"export SECRET_KEY='x'\n")
    assert "take the file out of the commit" in said
