"""Bytecode of shipped templates: used where it fits, made anew where it does not, and never in the way."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader

from slipway.render.template_cache import Compiled
from slipway.render.templates import shipped_folder


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of shipped templates."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "a.conf.j2").write_text("a is {{ a }}")
    (tmp_path / "rules.py").write_text("")
    return folder


def rendered(shipped: Path, name: str = "a.conf.j2", own: Path | None = None) -> tuple[str, bool]:
    """The template's text, and whether it had to be compiled; in an environment of its own, as a new process has it."""
    compiled = []

    class Watched(Environment):
        def compile(self, *arguments: object, **more: object) -> object:  # type: ignore[override]
            compiled.append(arguments)
            return super().compile(*arguments, **more)  # type: ignore[call-overload]

    loader = FileSystemLoader(shipped)
    environment = Watched(
        loader=ChoiceLoader([*([FileSystemLoader(own)] if own else []), loader, PrefixLoader({"shipped": loader})]),
        bytecode_cache=Compiled(shipped, shipped.parent / "rules.py"),
    )
    return environment.get_template(name).render(a=1), bool(compiled)


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.suffix != ".j2")


def test_a_template_is_compiled_once(shipped: Path) -> None:
    assert rendered(shipped) == ("a is 1", True)
    assert rendered(shipped) == ("a is 1", False)
    assert kept(shipped) == [f"a.conf.{sys.implementation.cache_tag}.pyc"]


def test_a_changed_template_is_compiled_anew(shipped: Path) -> None:
    rendered(shipped)
    (shipped / "a.conf.j2").write_text("now {{ a }}")
    assert rendered(shipped) == ("now 1", True)
    assert rendered(shipped) == ("now 1", False)


def test_other_rules_make_other_bytecode(shipped: Path) -> None:
    rendered(shipped)
    (shipped.parent / "rules.py").write_text("trim_blocks = True")
    assert rendered(shipped)[1]


def test_a_folder_that_was_moved_names_its_new_place(shipped: Path) -> None:
    rendered(shipped)
    moved = shipped.rename(shipped.parent / "moved")
    assert rendered(moved) == ("a is 1", True)


@pytest.mark.parametrize("cut", [0, 1, 31, 32, 40, -1])
def test_broken_bytecode_is_made_anew(shipped: Path, cut: int) -> None:
    rendered(shipped)
    (file,) = shipped.glob("__pycache__/*")
    file.write_bytes(file.read_bytes()[:cut])
    assert rendered(shipped) == ("a is 1", True)
    assert rendered(shipped) == ("a is 1", False)


def test_templates_of_the_users_leave_nothing_in_their_folder(shipped: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "a.conf.j2").write_text('{% extends "shipped/a.conf.j2" %}')
    assert rendered(shipped, own=own) == ("a is 1", True)
    assert rendered(shipped) == ("a is 1", False)  # it was extended
    assert rendered(shipped, own=own) == ("a is 1", True)
    assert kept(own) == []


def test_nothing_is_written_where_python_is_told_not_to(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(shipped) == ("a is 1", True)
    assert kept(shipped) == []


def test_bytecode_goes_where_python_is_told_to_put_it(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "elsewhere"))
    assert [rendered(shipped)[1], rendered(shipped)[1]] == [True, False]
    assert kept(shipped) == []


def test_a_folder_that_cannot_be_written_is_no_trouble(shipped: Path) -> None:
    (shipped / "__pycache__").write_text("in the way, even of root")
    assert rendered(shipped) == ("a is 1", True)
    assert rendered(shipped) == ("a is 1", True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_ours_is_no_trouble(shipped: Path) -> None:
    shipped.chmod(0o555)
    assert rendered(shipped) == ("a is 1", True)
    shipped.chmod(0o755)


def test_every_shipped_template_has_bytecode_of_its_own(shipped: Path) -> None:
    for path in shipped_folder().glob("*.j2"):
        shutil.copy(path, shipped)
    names = [path.name for path in shipped.glob("*.j2")]
    places = {Compiled(shipped, shipped).get_cache_key(name, str(shipped / name)) for name in names}
    assert len({Path(place).stem for place in places}) == len(names)
