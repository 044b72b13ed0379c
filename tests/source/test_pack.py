"""The files of a commit are read, and only missing git objects are packed for a host."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slipway.source import commit_files as module
from slipway.source import resolve
from slipway.source.git import git
from tests.source.repo import Host, Repo

ODD = (
    "-n",
    "--help",
    "a b",
    "it's",
    'say "hi"',
    "new\nline",
    "tab\there",
    "ä€𝄞",
    "$HOME",
    "*",
    "back\\slash",
    ":(top)x",
)


def test_files_of_any_name_are_listed_read_and_shipped(repo: Repo, host: Host) -> None:
    for name in ODD:
        repo.write(f"sub/{name}", name)
        repo.write(name, f"top {name}")
    repo.commit()
    source = resolve(repo.folder)
    assert sorted(source.files) == sorted([*ODD, *(f"sub/{name}" for name in ODD)])
    assert all(source.read(name) == f"top {name}".encode() for name in ODD)
    host.receive(source)
    assert host.lay_down(source)["sub/new\nline"] == b"new\nline"


def test_names_that_are_no_utf8_are_no_trouble(repo: Repo) -> None:
    (repo.folder / os.fsdecode(b"caf\xe9")).write_text("latin")
    repo.commit()
    (name,) = resolve(repo.folder).files
    assert os.fsencode(name) == b"caf\xe9"
    assert resolve(repo.folder).read(name) == b"latin"


def test_links_are_read_as_what_they_lead_to(repo: Repo, host: Host) -> None:
    repo.write("deps/prod.txt", "Django\n")
    (repo.folder / "requirements.txt").symlink_to("deps/prod.txt")
    (repo.folder / "chain.txt").symlink_to("requirements.txt")
    (repo.folder / "folder").symlink_to("deps")
    (repo.folder / "through.txt").symlink_to("folder/prod.txt")
    for name, target in (("gone", "nope"), ("out", "/etc/hostname"), ("up", "../x"), ("loop", "loop")):
        (repo.folder / name).symlink_to(target)
    (repo.folder / "z.txt").symlink_to("deps/prod.txt")
    repo.commit()
    source = resolve(repo.folder)
    for name in ("requirements.txt", "chain.txt", "through.txt", "z.txt"):
        assert source.read(name) == b"Django\n"
        assert source.files[name] == source.files["deps/prod.txt"]
    assert source.read("gone") == b"nope"
    assert source.read("out") == b"/etc/hostname"
    host.receive(source)
    assert host.lay_down(source)["requirements.txt"] == b"deps/prod.txt"


def test_a_linked_work_tree_is_as_good_as_any(repo: Repo, tmp_path: Path, host: Host) -> None:
    repo.commit(app_py="1")
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    Path(tmp_path / "linked" / "app.py").write_text("2")
    source = resolve(tmp_path / "linked", dirty=True)
    host.receive(source)
    assert host.lay_down(source) == {"app.py": b"2"}


def test_a_shallow_clone_is_as_good_as_any(repo: Repo, tmp_path: Path, host: Host) -> None:
    repo.commit(app_py="1")
    repo.commit(app_py="2")
    repo.git("clone", "-q", "--depth=1", f"file://{repo.folder}", str(tmp_path / "shallow"))
    source = resolve(tmp_path / "shallow")
    host.receive(source)
    assert host.lay_down(source) == {"app.py": b"2"}


def test_modes_travel(repo: Repo, host: Host) -> None:
    repo.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    repo.commit()
    source = resolve(repo.folder)
    host.receive(source)
    host.lay_down(source)
    assert (host.folder / source.tree / "run.sh").stat().st_mode & 0o111


def test_only_missing_objects_travel(repo: Repo, host: Host) -> None:
    for number in range(20):
        repo.write(f"folder{number}/file.txt", str(number))
    repo.commit()
    first = resolve(repo.folder)
    assert host.receive(first) == 20 + 20 + 1  # files, folders, the top
    repo.write("folder7/file.txt", "changed")
    repo.commit()
    second = resolve(repo.folder)
    assert host.receive(second, [first.tree]) == 3
    assert host.lay_down(second)["folder7/file.txt"] == b"changed"


def test_nothing_travels_where_the_tree_is_known(repo: Repo) -> None:
    repo.commit()
    source = resolve(repo.folder)
    assert source.pack([source.tree, "0" * 40]) == b""


def test_trees_that_only_the_host_knows_do_not_matter(repo: Repo, host: Host) -> None:
    repo.commit(a_py="1")
    first = resolve(repo.folder)
    host.receive(first)
    repo.commit(b_py="2")
    second = resolve(repo.folder)
    blob = second.files["b.py"]
    known = ["1" * 40, first.tree, second.commit, blob, "not-a-hash", "^HEAD"]
    assert host.receive(second, known) == 2
    assert host.lay_down(second) == {"a.py": b"1", "b.py": b"2"}


def test_going_back_to_an_old_tree_sends_what_newer_ones_lack(repo: Repo, host: Host) -> None:
    repo.commit(a_py="1", b_py="old")
    old = resolve(repo.folder)
    repo.commit(b_py="new")
    new = resolve(repo.folder)
    host.receive(new)
    assert host.receive(old, [new.tree]) == 2
    assert host.lay_down(old) == {"a.py": b"1", "b.py": b"old"}


def test_an_empty_commit_can_be_shipped(repo: Repo, host: Host) -> None:
    repo.commit()
    source = resolve(repo.folder)
    assert source.files == {}
    host.receive(source)
    assert host.lay_down(source) == {}


def test_what_many_hosts_lack_is_packed_once(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(app_py="1")
    source = resolve(repo.folder)
    calls: list[str] = []

    def counting(folder: Path, *words: str, **options: bytes) -> bytes:
        calls.append(words[0])
        return git(folder, *words, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "git", counting)
    with ThreadPoolExecutor(8) as pool:
        packs = set(pool.map(lambda _: source.pack([]), range(8)))
    assert len(packs) == 1
    assert calls.count("pack-objects") == 1


def test_a_source_keeps_its_packs_out_of_sight(repo: Repo) -> None:
    repo.commit()
    source = resolve(repo.folder)
    source.pack([])
    assert "PACK" not in repr(source)
    assert source == resolve(repo.folder)
