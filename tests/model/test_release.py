"""Names of releases, and where everything lies on a host."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.model.layout import Layout
from slipway.model.release import RELEASE_ID, release_id
from slipway.model.release_layout import ReleaseLayout
from slipway.provision import SOCKET_PATH_LIMIT

COMMIT = "abc1234" + "5" * 33
NOON = datetime(2026, 11, 20, 13, 15, 2, tzinfo=timezone.utc)
LAYOUT = Layout(PurePosixPath("/srv/hello"))
RELEASE = LAYOUT.release(release_id(NOON, COMMIT))

moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.timezones())


def paths_of(layout: Layout | ReleaseLayout) -> Iterator[tuple[str, PurePosixPath]]:
    """Every property of a layout that is a path."""
    for name, attribute in vars(type(layout)).items():
        if isinstance(attribute, cached_property) and isinstance(value := getattr(layout, name), PurePosixPath):
            yield name, value


def test_a_release_is_named_by_time_and_commit() -> None:
    assert release_id(NOON, COMMIT) == "20261120-131502-abc1234"
    assert release_id(NOON, COMMIT, dirty=True) == "20261120-131502-abc1234-dirty"


def test_the_time_is_utc_wherever_it_was_taken() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=9, minutes=30)))
    assert release_id(there, COMMIT) == release_id(NOON, COMMIT)


@given(moments, moments)
def test_names_sort_by_age(one: datetime, two: datetime) -> None:
    first, second = sorted((one, two), key=datetime.timestamp)
    assert release_id(first, COMMIT)[:15] <= release_id(second, COMMIT)[:15]


@given(moments, st.text("0123456789abcdef", min_size=40, max_size=40), st.booleans())
def test_names_are_told_from_other_names(when: datetime, commit: str, dirty: bool) -> None:
    assert RELEASE_ID.fullmatch(release_id(when, commit, dirty))


@pytest.mark.parametrize(
    "name", ["current", "20261120-131502", "20261120-131502-xyz1234", "../20261120-131502-abc1234"]
)
def test_other_names_are_no_releases(name: str) -> None:
    assert not RELEASE_ID.fullmatch(name)


def test_everything_lies_in_the_apps_folder() -> None:
    found = {**dict(paths_of(LAYOUT)), **dict(paths_of(RELEASE))}
    assert len(found) > 20
    assert all(path.is_relative_to("/srv/hello") and path != LAYOUT.base for path in found.values())


def test_no_two_things_lie_at_the_same_path() -> None:
    for layout in (LAYOUT, RELEASE):
        found = [path for _, path in paths_of(layout)]
        assert len(found) == len(set(found))


def test_the_switch_and_what_releases_share_lie_outside_of_releases() -> None:
    outside = (LAYOUT.current, LAYOUT.standby, LAYOUT.shared, LAYOUT.venvs, LAYOUT.repo, LAYOUT.undo, LAYOUT.lock)
    assert not [path for path in outside if path.is_relative_to(LAYOUT.releases)]


def test_the_journal_is_where_the_unit_of_the_app_looks_for_it() -> None:
    assert (LAYOUT.undo, LAYOUT.lock) == (PurePosixPath("/srv/hello/undo"), PurePosixPath("/srv/hello/lock"))


def test_a_release_has_files_of_its_own() -> None:
    assert RELEASE.path == PurePosixPath("/srv/hello/releases/20261120-131502-abc1234")
    assert RELEASE.app.parent == RELEASE.path
    assert RELEASE.env == PurePosixPath("/srv/hello/env/20261120-131502-abc1234.env")
    assert RELEASE.ref == "refs/slipway/20261120-131502-abc1234"


def test_two_releases_have_no_path_in_common() -> None:
    other = LAYOUT.release(release_id(NOON + timedelta(seconds=1), COMMIT))
    assert not {path for _, path in paths_of(RELEASE)} & {path for _, path in paths_of(other)}
    assert RELEASE.program_file("web") != other.program_file("web")
    assert RELEASE.log("web") != other.log("web")


def test_programs_and_logs_are_named_by_release_and_process() -> None:
    assert RELEASE.program("web") == "20261120-131502-abc1234.web"
    assert RELEASE.program_file("web").parent == LAYOUT.programs
    assert RELEASE.program_file("web").name == "20261120-131502-abc1234.web.conf"
    assert RELEASE.log("worker").parent == LAYOUT.log


def test_usual_names_leave_room_for_the_socket() -> None:
    longest = Layout(PurePosixPath("/srv") / ("a" * 32)).release(release_id(NOON, COMMIT, dirty=True))
    assert len(str(longest.socket)) <= SOCKET_PATH_LIMIT
    assert len(str(longest.layout.supervisor_socket)) <= SOCKET_PATH_LIMIT
