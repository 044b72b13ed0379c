"""Which Python an app asks for, and which place decides it."""

from __future__ import annotations

import pytest

from slipway.core.errors import UsageError
from slipway.detect.python_version import find
from slipway.inventory.app import App

from .test_detect import FLASK, Tree, found

PROJECT = "[project]\nname = 'x'\nrequires-python = 'RANGE'\n"
FILES = {
    ".python-version": "3.12.4\n",
    "pyproject.toml": PROJECT.replace("RANGE", ">=3.10,<3.14"),
    "runtime.txt": "python-3.9.1\n",
}


def versions(files: dict[str, str], chdir: str = "", python: str | None = None) -> tuple[str, ...]:
    return find(Tree(dict(files)), App(name="x", python=python), chdir).versions


def test_the_inventory_decides_before_files_and_files_in_their_order() -> None:
    files = dict(FILES)
    assert versions(files, python="3.8") == ("3.8",)
    assert versions(files) == ("3.12",)
    del files[".python-version"]
    assert versions(files) == ("3.13", "3.12", "3.11", "3.10")
    del files["pyproject.toml"]
    assert versions(files) == ("3.9",)
    assert versions({}) == ()


def test_a_file_in_the_apps_folder_decides_before_one_above() -> None:
    assert versions({"web/.python-version": "3.11", ".python-version": "3.12"}, "web") == ("3.11",)
    assert versions({".python-version": "3.12"}, "web/app") == ("3.12",)


@pytest.mark.parametrize(
    ("wanted", "newest", "oldest"),
    [
        (">=3.11", "3.20", "3.11"), ("~=3.11", "3.20", "3.11"), ("~=3.11.2", "3.11", "3.11"),
        ("==3.12.*", "3.12", "3.12"),
        (">3.9,!=3.10.*,<3.12", "3.11", "3.9"), (">=3.9.2,<3.10.1", "3.10", "3.9"), ("<=3.11", "3.11", "3.6"),
    ],
)  # fmt: skip
def test_a_range_allows_what_it_says(wanted: str, newest: str, oldest: str) -> None:
    fitting = versions({"pyproject.toml": PROJECT.replace("RANGE", wanted)})
    assert (fitting[0], fitting[-1]) == (newest, oldest)


def test_poetry_and_pipenv_say_it_in_words_of_their_own() -> None:
    assert versions({"pyproject.toml": "[tool.poetry.dependencies]\npython = '^3.12'\n"})[-1] == "3.12"
    assert versions({"Pipfile.lock": '{"_meta": {"requires": {"python_version": "3.11"}}}'}) == ("3.11",)
    assert versions({"pyproject.toml": PROJECT.replace("RANGE", ">=3")}) == ()


def test_a_range_that_nothing_can_be_in_is_refused() -> None:
    with pytest.raises(UsageError, match="no Python 3 is "):
        versions({"pyproject.toml": PROJECT.replace("RANGE", ">=3.12,<3.9")})


@pytest.mark.parametrize("text", ["", "myenv\n", "pypy3.10\n", "system\n"])
def test_a_file_that_names_no_version_of_python_3_is_told_and_decides_nothing(text: str) -> None:
    detected = found({"app.py": FLASK, ".python-version": text})
    assert detected.python.versions == ()
    assert any(note.startswith(".python-version is not used; it names no version") for note in detected.notes)
    assert not found({"app.py": FLASK, ".python-version": "3.12"}).notes
