"""Which environment variables an app's code reads, and which of them it surely cannot start without."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from slipway.detect import Detected
from slipway.detect.env_reads import Variable
from slipway.detect.env_variables import EnvironmentReads, environment_reads
from slipway.inventory.app import App
from tests.detect.test_detect import Tree

DJANGO = Detected(kind="django", settings="site.settings", wsgi="site.wsgi:application")
PLAIN = Detected(kind="wsgi", wsgi="app:app")


def look(found: Detected, app: App | None = None, /, **files: str) -> EnvironmentReads:
    """Read files, whose names have `__` for `/`: `site__settings` is site/settings.py."""
    names = {f"{name.replace('__', '/')}.py" if "." not in name else name: text for name, text in files.items()}
    return environment_reads(Tree(dict(names)), app or App(name="shop"), found)


def needs(found: EnvironmentReads) -> dict[str, str]:
    return {variable.name: variable.need for variable in found.variables}


def settings(text: str) -> dict[str, str]:
    return needs(look(DJANGO, site__settings=text))


def one(text: str) -> Variable:
    (variable,) = look(DJANGO, site__settings=text).variables
    return variable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('import os\nA = os.environ["A"]\n', "required"),
        ('from os import environ\nA = environ["A"]\n', "required"),
        ('import os as o\nA = o.environ["A"]\n', "required"),
        ('import os\nenv = os.environ\nA = env["A"]\n', "required"),
        ('import os\nget = os.environ.get\nA = get("A")\n', "optional"),
        ('import os\nNAME = "A"\nA = os.environ[NAME]\n', "required"),
        ('import os\nA = os.environ.get("A")\n', "optional"),
        ('import os\nA = os.getenv("A", "x")\n', "optional"),
        ('import os\nA = os.environ.pop("A")\n', "required"),
        ('import os\nA = "A" in os.environ\n', "optional"),
        ('import os\nos.environ["A"] = "x"\nA = os.environ["A"]\n', "optional"),
        ('import os\nos.environ.setdefault("A", "x")\nA = os.environ["A"]\n', "optional"),
        ('from environs import Env\nenv = Env()\nA = env("A")\n', "required"),
        ('from environs import Env\nenv = Env()\nA = env.bool("A")\n', "required"),
        ('from environs import Env\nenv = Env()\nA = env.str("A", "x")\n', "optional"),
        ('from environs import Env\nenv = Env()\nA = env("A", default=None)\n', "optional"),
        ('from environs import env\nA = env.int("A", 3)\n', "optional"),
        ('from environs import Env\nenv = Env()\nwith env.prefixed("A"):\n    X = env("")\n', None),
        ('import environ\nenv = environ.Env()\nA = env("A")\n', "required"),
        ('import environ\nenv = environ.Env()\nA = env("A", default="x")\n', "optional"),
        ('import environ\nenv = environ.Env()\nA = env("A", str, "x")\n', "optional"),
        ('import environ\nenv = environ.Env(A=(bool, False))\nA = env("A")\n', "optional"),
        ('import environ\nenv = environ.Env(A=bool)\nA = env("A")\n', "required"),
        ('import environ\nenv = environ.Env()\nA = env.db("A")\n', "required"),
        ('from decouple import config\nA = config("A")\n', "required"),
        ('from decouple import config\nA = config("A", cast=bool, default=True)\n', "optional"),
        ('from decouple import AutoConfig\nconfig = AutoConfig()\nA = config("A")\n', "required"),
        ('from starlette.config import Config\nconfig = Config(".env")\nA = config("A")\n', "required"),
        ('from starlette.config import Config\nconfig = Config(".env")\nA = config("A", bool, False)\n', "optional"),
        ('import dj_database_url\nA = dj_database_url.config(env="A")\n', "optional"),
        ('import os\nif x:\n    A = os.environ["A"]\n', "perhaps"),
        ('import os\nA = os.environ["A"] if x else 1\n', "perhaps"),
        ('import os\nA = x or os.environ["A"]\n', "perhaps"),
        ('import os\nA = os.environ["A"] or x\n', "required"),
        ('import os\ntry:\n    A = os.environ["A"]\nexcept KeyError:\n    A = 1\n', "perhaps"),
        ('import os\ntry:\n    A = os.environ["A"]\nexcept KeyError as e:\n    raise Exception from e\n', "required"),
        ('import os\nfrom contextlib import suppress\nwith suppress(KeyError):\n    A = os.environ["A"]\n', "perhaps"),
        ('import os\ndef f():\n    return os.environ["A"]\n', "perhaps"),
        ('import os\ndef f():\n    return os.environ["A"]\nX = f()\n', "required"),
        ('import os\ndef f(x):\n    if x: return 1\n    return os.environ["A"]\nX = f(2)\n', "perhaps"),
        ('import os\ndef f(x=os.environ["A"]):\n    pass\n', "required"),
        ('import os\nX = lambda: os.environ["A"]\n', "perhaps"),
        ('import os\nX = [os.environ["A"] for _ in y]\n', "perhaps"),
        ('import os\nclass Config:\n    A = os.environ["A"]\n', "required"),
        ('import os\nif __name__ == "__main__":\n    A = os.environ["A"]\n', "perhaps"),
        ('import os\ndef get(name):\n    return os.environ[name]\nX = get("A")\n', "required"),
        ('import os\ndef get(name, or_=None):\n    return os.environ.get(name, or_)\nX = get("A")\n', "optional"),
        (
            "import os\ndef get(name):\n    try:\n        return os.environ[name]\n"
            '    except KeyError:\n        raise ValueError(name)\nX = get("A")\n',
            "required",
        ),
    ],
)  # fmt: skip
def test_a_variable_is_required_only_where_the_app_cannot_start_without_it(text: str, expected: str | None) -> None:
    found = settings(text)
    assert found.get("A") == expected


def test_the_libraries_own_names_are_known() -> None:
    text = "import environ\nenv = environ.Env()\nD = env.db()\nC = env.cache()\nE = env.email_url(default='x')\n"
    assert settings(text) == {"DATABASE_URL": "required", "CACHE_URL": "required", "EMAIL_URL": "optional"}
    assert settings("import dj_database_url\nD = dj_database_url.config()\n") == {"DATABASE_URL": "optional"}


def test_a_reader_that_another_module_made_is_followed() -> None:
    found = look(
        DJANGO,
        site__settings='from .base import *\nfrom site.base import env\nA = env("A")\n',
        site__base='import environ\nenv = environ.Env()\nB = env("B")\n',
        site__other='import os\nC = os.environ["C"]\n',
    )
    assert needs(found) == {"A": "required", "B": "required", "C": "perhaps"}
    assert [variable.where for variable in found.required] == ["site/settings.py:3", "site/base.py:3"]


def test_a_factory_runs_and_what_it_calls() -> None:
    found = look(
        replace(PLAIN, wsgi="shop:create_app()"),
        **{
            "shop/__init__.py": "from .config import load\n\ndef create_app():\n    load()\n    return 1\n",
            "shop/config.py": 'import os\ndef load():\n    return os.environ["A"]\ndef other():\n    os.environ["B"]\n',
        },
    )
    assert needs(found) == {"A": "required", "B": "perhaps"}


SETTINGS_CLASS = """
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic import Field
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")
    secret_key: str
    debug: bool = False
    hosts: list[str] = []
    maybe: str | None = None
    token: str = Field(validation_alias="API_TOKEN")
    sized: int = Field(default=3)
    nested: Other
"""


def test_fields_of_a_settings_class_are_variables_and_required_where_an_object_is_made_at_start() -> None:
    made = look(PLAIN, **{"app.py": SETTINGS_CLASS + "app = Settings()\n"})
    assert needs(made) == {
        "API_TOKEN": "required",
        "SHOP_DEBUG": "optional",
        "SHOP_HOSTS": "optional",
        "SHOP_MAYBE": "optional",
        "SHOP_NESTED": "perhaps",
        "SHOP_SECRET_KEY": "required",
        "SHOP_SIZED": "optional",
    }
    later = look(PLAIN, **{"app.py": SETTINGS_CLASS + "def app(a, b):\n    return Settings()\n"})
    assert not later.required
    indirect = look(
        PLAIN,
        **{
            "conf.py": SETTINGS_CLASS + "def get():\n    return Settings()\n",
            "app.py": "from conf import get\napp = get()\n",
        },
    )
    assert [variable.name for variable in indirect.required] == ["API_TOKEN", "SHOP_SECRET_KEY"]
    listed = {variable.name: variable.separator for variable in made.variables}
    assert listed["SHOP_HOSTS"] == "json"


def test_a_class_of_the_first_pydantic_reads_its_own_options() -> None:
    text = (
        "from pydantic import BaseSettings, Field\nfrom typing import Optional\nclass S(BaseSettings):\n"
        '    a: str\n    b: Optional[str]\n    c: str = Field(..., env="OTHER")\n'
        "    class Config:\n        env_prefix = 'X_'\n"
    )
    assert needs(look(PLAIN, **{"app.py": text + "app = S()\n"})) == {
        "X_A": "required", "X_B": "optional", "OTHER": "required",
    }  # fmt: skip


def test_what_a_committed_env_file_gives_is_not_required() -> None:
    text = 'import os\nfrom dotenv import load_dotenv\nload_dotenv()\nA = os.environ["A"]\nB = os.environ["B"]\n'
    found = look(DJANGO, **{"site/settings.py": text, ".env": "A=1\nB=\n"})
    assert needs(found) == {"A": "optional", "B": "required"}


def test_an_env_file_in_shared_may_give_everything() -> None:
    text = 'import os\nfrom dotenv import load_dotenv\nload_dotenv()\nA = os.environ["A"]\n'
    found = look(DJANGO, App(name="shop", linked_files=(".env",)), **{"site/settings.py": text})
    assert needs(found) == {"A": "perhaps"}


def test_tests_migrations_and_what_others_wrote_are_not_looked_at() -> None:
    text = 'import os\nA = os.environ["A"]\n'
    found = look(
        DJANGO, site__settings="", tests__conf=text, shop__migrations__x=text, node_modules__y=text, venv__z=text
    )
    assert not found.variables


def test_what_every_process_has_is_left_out() -> None:
    text = 'import os\nA = os.environ["HOME"], os.environ["SLIPWAY_RELEASE"], os.environ["PYTHONPATH"]\n'
    assert settings(text) == {}


def test_a_command_of_the_apps_own_has_a_port_and_other_processes_have_none() -> None:
    text = 'import os\nA = os.environ["PORT"]\n'
    assert needs(look(PLAIN, app=text)) == {"PORT": "required"}
    assert needs(look(replace(PLAIN, wsgi=None, processes={"web": "python app.py"}), app=text)) == {}


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ('import os\nA = os.environ.get("A", "").split(",")\n', ","),
        ('import os\nA = os.environ.get("A", "").split()\n', " "),
        ('import os\nA = os.environ.get("A", "a;b").split(";")\n', ";"),
        ('import os, json\nA = json.loads(os.environ.get("A", "[]"))\n', "json"),
        ('from environs import env\nA = env.list("A", [])\n', ","),
        ('from decouple import config, Csv\nA = config("A", cast=Csv(), default="")\n', ","),
        ('import os\nA = os.environ.get("A", "x")\n', ""),
    ],
)
def test_the_separator_of_several_values_is_read(text: str, separator: str) -> None:
    assert one(text).separator == separator


def test_a_computed_name_is_told_by_its_place() -> None:
    assert look(DJANGO, site__settings='import os\nA = os.environ["A" + x]\n').computed == ("site/settings.py:2",)


def test_prefixes_of_environs_are_put_before_names() -> None:
    text = (
        'from environs import env\nwith env.prefixed("SHOP_"):\n    A = env("A")\n'
        '    with env.prefixed("B_"):\n        C = env("C")\n'
    )
    assert settings(text) == {"SHOP_A": "required", "SHOP_B_C": "required"}


def test_a_source_that_is_nested_too_deeply_or_is_no_python_is_left_out() -> None:
    deep = "import os\nA = " + "(" * 90 + "1" + ")" * 90 + "\nB = " + "-" * 5000 + "1\nC = os.environ['C']\n"
    assert look(DJANGO, site__settings=deep, site__bad="import os\nos.environ['A'\n").variables is not None


def test_settings_for_other_machines_are_passed_over() -> None:
    files = {
        "site__settings__base": "import os\nA = os.environ.get('A')\n",
        "site__settings__dev": "from .base import *\n",
        "site__settings__production": "import os\nfrom .base import *\nB = os.environ['B']\n",
    }
    chosen = replace(DJANGO, settings="site.settings.dev")
    assert set(needs(look(chosen, **files))) == {"A"}
    chosen = replace(DJANGO, settings="site.settings.production")
    assert set(needs(look(chosen, **files))) == {"A", "B"}
