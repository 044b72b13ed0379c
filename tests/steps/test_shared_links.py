"""What lies in shared/ outlives every deploy, failure and rollback: real scripts on folders of this machine."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.steps.shared_site import Layout, Site

ROWS = "rows that must not be lost"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


DATABASE = Layout(databases=("data/db.sqlite3",), media=("media",))


@pytest.mark.parametrize(
    ("first", "then", "serves"),
    [
        (DATABASE, Layout(databases=("data/db.sqlite3",), media=("data",)), True),
        (Layout(linked_files=("data/db.sqlite3",)), Layout(linked_files=("data/db.sqlite3",), media=("data",)), True),
        (DATABASE, Layout(databases=("data/db.sqlite3",), links={"data": "SHARED/data"}), False),
        (DATABASE, Layout(linked_files=("data/db.sqlite3",), links={"data": "SHARED/data"}), False),
        (DATABASE, Layout(linked_files=("data/db.sqlite3",), unseen={"data": "SHARED/data"}), False),
        (DATABASE, Layout(linked_dirs=("data/db.sqlite3",)), False),
        (DATABASE, Layout(linked_files=("data",)), False),
        (DATABASE, Layout(uploads=("data/db.sqlite3",), unseen={"data": "SHARED/data"}), False),
        (DATABASE, Layout(uploads=("front/data",), links={"front": "SHARED"}), False),
        (DATABASE, Layout(linked_dirs=("data",), static_root="data/static"), False),
    ],
)
def test_a_database_survives_a_change_of_what_is_linked(site: Site, first: Layout, then: Layout, serves: bool) -> None:
    assert site.deploy(first)
    assert site.write("data/db.sqlite3", ROWS)
    before = site.bytes()
    assert site.deploy(then) == serves, site.refused + site.said
    assert site.bytes() == before == {"data/db.sqlite3": ROWS.encode()}
    assert (site.current / "data/db.sqlite3").read_text() == ROWS


def test_what_is_committed_is_the_first_content_and_never_again(site: Site) -> None:
    layout = Layout(linked_dirs=("a/b",), linked_files=("c",), committed={"a/b/one": "1", "a/code": "2", "c": "3"})
    assert site.deploy(layout)
    assert site.write("a/b/two", "mine")
    assert site.write("c", "changed")
    assert site.deploy(layout)
    assert site.bytes() == {"a/b/one": b"1", "a/b/two": b"mine", "c": b"changed"}
    assert (site.current / "a/code").read_text() == "2"


def test_uploads_below_static_root_lie_in_shared_and_are_reached_by_both_ways(site: Site) -> None:
    layout = Layout(media=("public/media",), static_root="public", committed={"public/media/seed": "1"})
    for text in ("one", "two"):
        assert site.deploy(layout), site.said
        assert site.write("public/media/photo", text)
        assert (site.base / "current/public/static/media/photo").read_text() == text
        assert site.bytes() == {"public/media/seed": b"1", "public/media/photo": text.encode()}


def test_a_link_that_an_operator_put_into_shared_leads_where_it_led(site: Site, tmp_path: Path) -> None:
    """A disk of its own for media is common."""
    (tmp_path / "disk").mkdir()
    (site.shared / "media").symlink_to(tmp_path / "disk")
    assert site.deploy(Layout(media=("media",)))
    assert site.write("media/photo", "a photo")
    assert (tmp_path / "disk/photo").read_text() == "a photo"


def test_nothing_is_made_through_a_link_in_shared(site: Site, tmp_path: Path) -> None:
    (site.shared / "a").symlink_to(tmp_path)
    assert not site.deploy(Layout(linked_dirs=("a/b",), committed={"a/b/one": "1"}))
    assert "a is a link" in site.said
    assert not (tmp_path / "b").exists()


def test_a_copy_that_was_cut_off_is_no_first_content(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/cp").write_text('#!/bin/sh\n/bin/cp "$@"; exit 1\n')
    (tmp_path / "bin/cp").chmod(0o755)
    layout = Layout(linked_dirs=("a",), committed={"a/one": "1"})
    with monkeypatch.context() as patched:
        patched.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
        assert not site.deploy(layout)
    assert site.bytes() == {}
    assert site.deploy(layout)
    assert site.bytes() == {"a/one": b"1"}


def test_data_that_a_release_no_longer_uses_is_told_for_as_long_as_it_is_so(site: Site) -> None:
    assert site.deploy(Layout(media=("media",), linked_dirs=("data",)))
    site.write("media/photo", "a photo")
    assert site.deploy(Layout(media=("uploads",), linked_dirs=("data",)))
    told = [line for line in site.said.splitlines() if "is not used any more" in line]
    assert len(told) == 1 and "shared/media is not used any more" in told[0]
    assert site.bytes() == {"media/photo": b"a photo"}


PATHS = st.sampled_from(["a", "b", "a/b", "a/c", "a/b/c", "b/d", "b/d/e"])
SOME = st.lists(PATHS, max_size=2, unique=True).map(tuple)
LINKS = st.dictionaries(PATHS, st.sampled_from(["SHARED", "SHARED/a", "SHARED/b/d", ".", "b", "/proc/no"]), max_size=1)


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    committed = {f"{path}/file": path for path in draw(SOME)}
    links = draw(LINKS) if draw(st.integers(0, 3)) == 0 else {}
    unseen = draw(LINKS) if draw(st.integers(0, 3)) == 0 else {}
    sent = draw(SOME) if draw(st.integers(0, 2)) == 0 else ()
    return Layout(
        linked_dirs=draw(SOME),
        linked_files=draw(SOME),
        media=draw(SOME),
        databases=draw(SOME),
        static_root=draw(st.none() | PATHS),
        uploads=sent,
        committed=committed,
        links=links,
        unseen=unseen,
    )


OPERATIONS = st.tuples(st.just("deploy"), layouts()) | st.tuples(st.sampled_from(["fail", "back"]), layouts())


@settings(max_examples=40, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(OPERATIONS, min_size=2, max_size=6))
def test_every_byte_in_shared_survives_any_sequence(operations: list[tuple[str, Layout]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        for number, (kind, layout) in enumerate(operations):
            before = site.bytes()
            if kind == "back":
                site.roll_back()
            else:
                site.deploy(layout, well=kind == "deploy")
            now = site.bytes()
            assert {path: now.get(path) for path in before} == before
            assert not any(content.startswith(b"-> ") and b"/releases/" in content for content in now.values())
            for path in ("a/x", "a/b/x", "b", "b/d/e/x", "a/c"):
                site.write(path, f"{path} {number}") if site.current.exists() else None
