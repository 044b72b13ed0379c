"""Reads the app's files in one commit, and finds which git objects must be sent."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from slipway.env.dotenv import Redacted
from slipway.source.git import Blobs, blobs, git

_LINK = "120000"  # mode of a symbolic link


class Entry(NamedTuple):
    """What a tree has at one path, at any depth: a file, a link, or a submodule (of the kind `commit`)."""

    mode: str
    kind: str
    hash: str
    path: str


class Source(Redacted, frozen=True, dict=True):
    """The app's folder as one commit has it.

    Attributes:
        folder: the app's folder, inside a git work tree.
        commit: full hash.
        tree: hash of the tree of that folder at that commit.
        ref: what was asked for.
        subject: first line of the commit's message.
        dirty: whether `tree` holds uncommitted work.
        entries: what is in it.
        built: a copy of it on this machine in which `app.build.local` has run; None if it is not built here.
    """

    UNSHOWN = frozenset({"entries"})

    folder: Path
    commit: str
    tree: str
    ref: str
    subject: str
    dirty: bool = False
    entries: tuple[Entry, ...] = ()
    built: Path | None = None

    def __post_init__(self) -> None:
        _ = self._packing  # while there is one thread: several at once could make one each

    @cached_property
    def _packs(self) -> dict[frozenset[str], bytes]:
        """What was packed, by the trees that were there already."""
        return {}

    @cached_property
    def _packing(self) -> threading.Lock:
        return threading.Lock()

    @cached_property
    def files(self) -> dict[str, str]:
        """Path to blob hash, for each file of the tree; that of its target for a link to a file of the tree."""
        files = [entry for entry in self.entries if entry.kind == "blob"]
        links = [file.path for file in files if file.mode == _LINK]
        return {file.path: file.hash for file in files} | dict(_targets(self.folder, self.tree, links))

    @cached_property
    def links(self) -> frozenset[str]:
        """Paths of the symbolic links in the tree."""
        return frozenset(entry.path for entry in self.entries if entry.mode == _LINK)

    @cached_property
    def submodules(self) -> list[str]:
        """Paths whose content is in other repositories."""
        return [entry.path for entry in self.entries if entry.kind == "commit"]

    def read(self, path: str) -> bytes:
        """Content of a file of the tree; see `opened` for many."""
        return git(self.folder, "cat-file", "blob", self.files[path])

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """The files as one process of git hands them out, for as long as the context lasts."""
        with blobs(self.folder) as found:
            yield Opened(self.files, found)

    def pack(self, present: Iterable[str]) -> bytes:
        """A git pack with the objects of the tree that are in none of the `present` trees; empty if none is missing.

        Several threads may ask: what many hosts lack is packed once.
        """
        known = frozenset(present)
        if self.tree in known:
            return b""
        with self._packing:
            if known not in self._packs:
                ours = _existing(self.folder, known)
                wanted = "\n".join([self.tree, *(f"^{tree}" for tree in sorted(ours))]) + "\n"
                words = ("pack-objects", "--revs", "--stdout", "-q", "--threads=1")
                self._packs[known] = git(self.folder, *words, stdin=wanted.encode())
            return self._packs[known]


class Opened:
    """The files of a source that can be read quickly, each of them once."""

    def __init__(self, files: Mapping[str, str], found: Blobs) -> None:
        self.files = files
        self._found = found
        self._known: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        """Content of a file of the tree."""
        hash = self.files[path]
        if hash not in self._known:
            self._known[hash] = self._found.read(hash)
        return self._known[hash]

    def link_targets(self, source: Source) -> dict[str, str]:
        """Where each symbolic link of the tree leads, as the commit has it."""
        links = {entry.path: entry.hash for entry in source.entries if entry.mode == _LINK}
        return dict(zip(links, map(os.fsdecode, self._found.read_many(list(links.values()))), strict=True))

    def read_many(self, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Path and content of many files of the tree, in their order."""
        hashes = [self.files[path] for path in paths if self.files[path] not in self._known]
        self._known |= dict(zip(hashes, self._found.read_many(hashes), strict=True))
        yield from ((path, self.read(path)) for path in paths)


def listed(listing: bytes) -> tuple[Entry, ...]:
    """What `git ls-tree -z` has listed."""
    return tuple(_entry(*line.split("\t", 1)) for line in os.fsdecode(listing).split("\0") if line)


def _entry(about: str, path: str) -> Entry:
    mode, kind, hash = about.split()
    return Entry(mode, kind, hash, path)


def _existing(folder: Path, trees: Iterable[str]) -> set[str]:
    """Which of these objects this repository has: the hosts may know commits that were deployed from elsewhere."""
    names = "".join(f"{tree}\n" for tree in trees)
    lines = git(folder, "cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=names.encode()).decode()
    return {line.split()[0] for line in lines.splitlines() if line.endswith(" tree")}


def _targets(folder: Path, tree: str, links: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Path and blob hash of what links lead to, for those that lead to a file of the tree."""
    asked = [path for path in links if "\n" not in path]
    names = os.fsencode("".join(f"{tree}:{path}\n" for path in asked))
    words = ("cat-file", "--batch-check=%(objecttype) %(objectname)", "--follow-symlinks")
    answers = git(folder, *words, stdin=names) if asked else b""
    for path in asked:
        line, _, answers = answers.partition(b"\n")
        kind, _, about = line.decode().partition(" ")
        if kind == "blob":
            yield path, about
        elif kind in ("symlink", "dangling", "loop", "notdir"):  # a name of so many bytes follows
            answers = answers[int(about) + 1 :]
