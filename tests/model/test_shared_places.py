"""What of a release leads to shared/: overlaps are resolved, and what cannot be kept apart is refused with a remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from slipway.core.errors import UsageError
from slipway.detect import Detected, Requirements
from slipway.inventory.app import App
from slipway.model.shared_places import shared_places
from slipway.source import Source
from slipway.source.commit_files import Entry

REQUIREMENTS = Requirements("requirements", ("requirements.txt",), ("requirements.txt",))


class Commit(Source, frozen=True):
    """A source without a repository."""

    @property
    def files(self) -> dict[str, str]:
        return {entry.path: entry.hash for entry in self.entries}


def tree(*files: str, links: tuple[str, ...] = ()) -> Commit:
    entries = [
        Entry("100644", "blob", "1", path) for path in ("manage.py", "requirements.txt", "site/settings.py", *files)
    ]
    entries += [Entry("120000", "blob", "2", path) for path in links]
    return Commit(Path("/repo"), "c", "t", "main", "Begin", entries=tuple(entries))


def detected(**found: Any) -> Detected:
    return Detected(kind="django", settings="site.settings", requirements=REQUIREMENTS, **found)


def places(source: Commit, found: Detected, **settings: Any) -> list[tuple[str, bool]]:
    return [(place.path, place.folder) for place in shared_places(App(name="shop", **settings), found, source)]


@pytest.mark.parametrize(
    ("found", "settings", "expected"),
    [
        ({"media": ("data",), "databases": ("data/db.sqlite3",)}, {}, [("data", True)]),
        ({"media": ("data",)}, {"linked_files": ("data/db.sqlite3",)}, [("data", True)]),
        ({"media": ("media",), "databases": ("db.sqlite3",)}, {}, [("db.sqlite3", False), ("media", True)]),
        ({"media": ("data/media", "data/media")}, {"linked_dirs": ("data",)}, [("data", True)]),
        ({"media": ("data",)}, {"linked_dirs": ("data/media", "data2")}, [("data", True), ("data2", True)]),
        ({"databases": ("db", "db")}, {"linked_files": ("db",)}, [("db", False)]),
        ({"media": ("public/media",), "static_root": "public"}, {}, [("public/media", True)]),
        ({"static_root": "data/static"}, {"linked_dirs": ("dat",)}, [("dat", True)]),
        (
            {"static_root": "data/static"},
            {"linked_dirs": ("data/media",), "uploads": ("dist",)},
            [("data/media", True)],
        ),
    ],
)
def test_what_a_linked_folder_contains_is_no_place_of_its_own(
    found: dict[str, Any], settings: dict[str, Any], expected: list[tuple[str, bool]]
) -> None:
    assert places(tree(), detected(**found), **settings) == expected


@pytest.mark.parametrize(
    ("source", "found", "settings", "said"),
    [
        (tree(links=("data",)), {}, {"linked_files": ("data/db",)}, "'data/db': data is a committed link"),
        (tree(links=("data",)), {"media": ("data",)}, {}, "MEDIA_ROOT of site.settings ('data'): data is a"),
        (tree(links=("a/b",)), {"databases": ("a/b/c/db",)}, {}, "site.settings ('a/b/c/db'): a/b is a committed link"),
        (tree(links=("dist",)), {}, {"uploads": ("dist/js",)}, "app.uploads: 'dist/js': dist is a committed link"),
        (tree("a"), {}, {"linked_dirs": ("a/b",)}, "linked_dirs: 'a/b' cannot be made: a is a committed file"),
        (tree("a"), {}, {"linked_dirs": ("a",)}, "linked_dirs: 'a' is a file in the commit"),
        (tree("a/b"), {}, {"linked_files": ("a",)}, "linked_files: 'a' is a folder in the commit"),
        (tree(), {"media": ("x",)}, {"linked_files": ("x",)}, "a folder, and inventory.toml: app.linked_files: 'x'"),
        (tree(), {"media": ("x/y",), "databases": ("x",)}, {}, "MEDIA_ROOT of site.settings ('x/y') is a folder, and"),
        (tree(), {"media": ("site",)}, {}, "('site') holds site/settings.py, which is code"),
        (tree(), {"chdir": "back"}, {"linked_dirs": ("back",)}, "'back' holds back, which is code"),
        (tree(), {}, {"linked_dirs": ("var",), "uploads": ("var/dist",)}, "uploads: 'var/dist' lies in what"),
        (tree(), {}, {"uploads": ("dist", "dist/js")}, "uploads: 'dist/js' is sent twice"),
        (tree(), {"static_root": "var/static"}, {"linked_dirs": ("var",)}, "('var/static') lies in"),
        (tree(), {"static_root": "var"}, {"linked_dirs": ("var",)}, "('var') lies in what"),
        (tree(), {"static_root": "m", "media": ("m",)}, {}, "('m') lies in what MEDIA_ROOT of"),
        (tree(links=("a",)), {"static_root": "a/static"}, {}, "('a/static'): a is a committed link"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_apart_is_refused_with_a_remedy(
    source: Commit, found: dict[str, Any], settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError) as error:
        places(source, detected(**found), **settings)
    assert said in error.value.message
    assert error.value.hint


def test_static_files_that_are_not_collected_are_in_nobodys_way() -> None:
    found = detected(static_root="var/static")
    assert places(tree(), found, linked_dirs=("var",), static=False) == [("var", True)]


def test_the_order_of_the_settings_is_of_no_matter() -> None:
    one = detected(media=("m", "a/b"), databases=("m/db", "z"))
    other = replace(one, media=("a/b", "m"), databases=("z", "m/db"))
    assert places(tree(), one) == places(tree(), other) == [("a/b", True), ("m", True), ("z", False)]
