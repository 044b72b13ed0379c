"""When the host itself finds that a command would do the same again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from slipway.core.shell import PRELUDE, sh
from slipway.steps.skip_unchanged_commands import FUNCTIONS

KEY = "static env settings"
FILES = {
    "shop/views.py": "a",
    "shop/urls.py": "b",
    "shop/static/page.css": "c",
    "odd/ä [1]?\\ *.py": "d",
    "top.py": "e",
}


class Repo:
    """A repository as a host has one; makes trees."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "--bare", ".")

    def git(self, *words: str, given: str = "") -> str:
        command = ["git", f"--git-dir={self.folder}", *words]
        return subprocess.run(
            command, cwd=self.folder, input=given, capture_output=True, text=True, check=True
        ).stdout.strip()

    def tree(self, files: dict[str, str]) -> str:
        index = self.folder / "index"
        index.unlink(missing_ok=True)
        for path, text in files.items():
            object = self.git("hash-object", "-w", "--stdin", given=text)
            self.git("update-index", "--add", "--cacheinfo", f"100644,{object},{path}")
        return self.git("write-tree")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    folder = tmp_path / "repo.git"
    folder.mkdir()
    return Repo(folder)


def proven(repo: Repo, inputs: list[str], new: dict[str, str], old: str = "", key: str = KEY) -> bool:
    """Whether what was made from FILES, of which `inputs` were read, would be the same with `new` files."""
    record = repo.folder / "record"
    record.write_text("\n".join([KEY, old or repo.tree(FILES), *inputs, ""]))
    script = sh(
        "{{functions}}\nif proven {{record}} {{key}} {{tree}}; then echo yes; else echo no; fi",
        functions=FUNCTIONS,
        record=record,
        key=key,
        tree=repo.tree(new),
    )
    done = subprocess.run(
        ["bash", "-c", f"{PRELUDE}export GIT_DIR={repo.folder}\n{script}"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout == "yes\n"


READ = ["shop/urls.py", "shop/static", "top.py"]


def test_the_same_tree_is_proof(repo: Repo) -> None:
    assert proven(repo, READ, FILES)


def test_what_was_not_read_may_change(repo: Repo) -> None:
    changed = {**FILES, "shop/views.py": "new", "odd/ä [1]?\\ *.py": "new"}
    assert proven(repo, READ, changed)
    assert proven(repo, ["shop/views.p", "hop/views.py", "shop/views.py2", "*"], changed)


@pytest.mark.parametrize("path", ["shop/urls.py", "shop/static/page.css", "top.py"])
def test_what_was_read_may_not_change(repo: Repo, path: str) -> None:
    assert not proven(repo, READ, {**FILES, path: "new"})


@pytest.mark.parametrize("read", ["odd", "odd/ä [1]?\\ *.py"])
def test_names_mean_themselves(repo: Repo, read: str) -> None:
    assert not proven(repo, [read], {**FILES, "odd/ä [1]?\\ *.py": "new"})


def test_files_that_come_or_go_are_no_proof(repo: Repo) -> None:
    assert not proven(repo, READ, {**FILES, "new.py": ""})
    assert not proven(repo, READ, {path: text for path, text in FILES.items() if path != "shop/views.py"})


def test_another_environment_is_no_proof(repo: Repo) -> None:
    assert not proven(repo, READ, FILES, key="static other settings")


def test_a_tree_that_is_not_there_any_more_is_no_proof(repo: Repo) -> None:
    assert not proven(repo, READ, FILES, old="1" * 40)


def test_nothing_that_was_read_is_no_proof(repo: Repo) -> None:
    assert not proven(repo, [], FILES)


@pytest.mark.parametrize("read", ["shop/../top.py", "./top.py", "shop//urls.py", "shop/static/", "shop/."])
def test_a_path_that_is_not_plain_is_no_proof(repo: Repo, read: str) -> None:
    assert not proven(repo, ["shop/urls.py", read], {**FILES, "shop/views.py": "new"})
