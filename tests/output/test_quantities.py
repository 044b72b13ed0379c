"""Quantities and lists in words."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from slipway.output.quantities import age, ago, duration, listing, plural, size

NOW = datetime(2026, 11, 20, 13, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.004, "0.00 s"), (0.917, "0.92 s"), (9.994, "9.99 s"), (9.996, "10.0 s"), (59.94, "59.9 s"),
        (59.96, "1 min 00 s"), (125, "2 min 05 s"), (3599.6, "1 h 00 min"), (7500, "2 h 05 min"),
    ],
)  # fmt: skip
def test_measured_times_are_as_exact_as_is_of_use(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (47 * 3600, "47 h"),
        (48 * 3600, "2 days"), (400 * 86400, "400 days"),
    ],
)  # fmt: skip
def test_ages_are_in_their_largest_unit(seconds: float, words: str) -> None:
    assert age(seconds) == words


def test_ago_forgives_clocks_that_differ_a_little() -> None:
    assert ago(NOW + timedelta(seconds=20), NOW) == "just now"
    assert ago(NOW - timedelta(seconds=4), NOW) == "just now"
    assert ago(NOW - timedelta(minutes=3), NOW) == "3 min ago"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (10 * 1024, "10 KiB"), (1536 * 1024**2, "1.5 GiB"),
        (1023 * 1024, "1023 KiB"), (1024**2 - 1, "1.0 MiB"), (5000 * 1024**4, "5000 TiB"),
    ],
)  # fmt: skip
def test_sizes_are_in_binary_units(amount: int, words: str) -> None:
    assert size(amount) == words


def test_lists_are_cut_where_they_are_long() -> None:
    assert listing([]) == ""
    assert listing(["a", "b"]) == "a, b"
    assert listing(list("abcd"), 4) == "a, b, c, d"
    assert listing(list("abcde"), 4) == "a, b, c and 2 more"


def test_one_is_not_many() -> None:
    assert (plural(0, "host"), plural(1, "host"), plural(2, "host")) == ("0 hosts", "1 host", "2 hosts")
