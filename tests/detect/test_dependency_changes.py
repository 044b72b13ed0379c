"""Packages of two commits are compared by version, whichever file names them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from slipway.detect.dependency_changes import PackageChange, dependency_changes
from slipway.inventory.app import App
from tests.detect.test_detect import Tree

APP = App(name="x")
PROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = ["flask"]\n'


def uv(**versions: str) -> dict[str, str]:
    packages = "".join(f'[[package]]\nname = "{name}"\nversion = "{version}"\n' for name, version in versions.items())
    return {"pyproject.toml": PROJECT, "uv.lock": f"version = 1\n{packages}"}


def pipfile(**versions: str) -> dict[str, str]:
    default = {name: {"version": f"=={version}"} for name, version in versions.items()}
    return {"Pipfile": "", "Pipfile.lock": json.dumps({"_meta": {}, "default": default, "develop": {}})}


def pins(**versions: str) -> dict[str, str]:
    lines = [f"{name}=={version} \\\n    --hash=sha256:{'0' * 64}  # via x" for name, version in versions.items()]
    return {"requirements.txt": "--index-url https://example.org\n" + "\n".join(lines)}


@pytest.mark.parametrize("files", [uv, pipfile, pins])
def test_versions_of_packages_are_compared(files: Callable[..., dict[str, str]]) -> None:
    before, after = (
        Tree({**files(flask="3.0", jinja2="3.1", old="1")}),
        Tree({**files(flask="3.1", jinja2="3.1", new="2")}),
    )
    assert dependency_changes(before, after, APP, "") == [
        PackageChange("flask", "3.0", "3.1"),
        PackageChange("new", "", "2"),
        PackageChange("old", "1", ""),
    ]


def test_what_is_not_pinned_is_told_as_it_is_written() -> None:
    before = Tree({"requirements.txt": "Django>=4,<5\nuvicorn[standard]\n"})
    after = Tree({"requirements.txt": "Django>=5; python_version > '3.9'\nuvicorn[standard] == 0.30\n"})
    assert dependency_changes(before, after, APP, "") == [
        PackageChange("django", ">=4,<5", ">=5"),
        PackageChange("uvicorn", "any", "0.30"),
    ]


def test_a_commit_whose_files_cannot_be_read_has_no_packages() -> None:
    before = Tree({"requirements.txt": "-r gone.txt\n"})
    after = Tree({"requirements.txt": "flask==3\n"})
    assert dependency_changes(before, after, APP, "") == [PackageChange("flask", "", "3")]
