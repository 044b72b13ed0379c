"""Repositories of a user and of a host, with helpers that read as what they do."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from slipway.source import Source


def nobodys_settings(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let git know an author, and nothing else of this machine's settings."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(folder / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ann")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ann@example.org")


class Repo:
    """A repository of a user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str, **env: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.folder, env={**os.environ, **env}, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def write(self, path: str, content: str | bytes = "content\n") -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(self, subject: str = "Change something", **files: str) -> str:
        """Commit everything, after writing files (`_` in a name stands for a dot); the commit's hash."""
        for name, content in files.items():
            self.write(name.replace("_", "."), content)
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")


class Host:
    """The other end: a bare repository that knows only what was sent, and a folder for what is laid down."""

    def __init__(self, folder: Path) -> None:
        self.repo = folder / "repo.git"
        subprocess.run(["git", "init", "-q", "--bare", self.repo], check=True)
        self.folder = folder

    def receive(self, source: Source, present: list[str] | None = None) -> int:
        """Unpack what is missing; how many objects that were."""
        pack = source.pack(present or [])
        before = self.objects()
        if pack:
            subprocess.run(["git", f"--git-dir={self.repo}", "unpack-objects", "-q"], input=pack, check=True)
        return len(self.objects() - before)

    def objects(self) -> set[str]:
        words = ["git", f"--git-dir={self.repo}", "cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]
        return set(subprocess.run(words, capture_output=True, check=True).stdout.decode().split())

    def lay_down(self, source: Source) -> dict[str, bytes]:
        """Path to content of the tree, as a host makes it."""
        place = self.folder / source.tree
        place.mkdir()
        env = {**os.environ, "GIT_INDEX_FILE": str(self.folder / "index")}
        words = ["git", f"--git-dir={self.repo}", f"--work-tree={place}", "read-tree", "--reset", "-u", source.tree]
        subprocess.run(words, cwd=place, env=env, check=True)
        return {
            str(path.relative_to(place)): os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            for path in place.rglob("*")
            if path.is_symlink() or path.is_file()
        }
