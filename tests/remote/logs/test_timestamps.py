"""When a line was written, from what it says itself."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from slipway.remote.logs.timestamps import Timestamps

AT = 1763646358.0  # 2025-11-20 13:45:58 UTC


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("[2025-11-20 13:45:58 +0000] [7] [INFO] Booting worker", AT),
        ("[2025-11-20 15:45:58 +0200] [7] [INFO] Booting worker", AT),
        ("2025-11-20T13:45:58.250Z started", AT + 0.25),
        ("2025-11-20T08:45:58-05:00 started", AT),
        ("2025-11-20 13:45:58,123 INFO spawned", AT + 0.123),
        ("INFO 2025-11-20 13:45:58,123 views A page", AT + 0.123),
        ("[INFO] 2025-11-20 13:45:58 views A page", AT),
        ("[2025-11-20 13:45:58,500: INFO/MainProcess] ready", AT + 0.5),
        ("2025/11/20 13:45:58 [error] 7#7: *1 open() failed", AT),
        ('10.0.0.1 - - [20/Nov/2025:14:45:58 +0100] "GET / HTTP/1.1" 200 5', AT),
        ('[20/Nov/2025 13:45:58] "GET / HTTP/1.1" 200 5', AT),
        ('{"level": "info", "timestamp": "2025-11-20T13:45:58Z", "event": "x"}', AT),
        ('{"ts":1763646358.5,"event":"x"}', AT + 0.5),
        ("time=2025-11-20T13:45:58Z level=info msg=x", AT),
        ("Not Found: /favicon.ico", None),
        ('  File "views.py", line 3', None),
        ("booked for 2025-11-20 13:45:58", None),
        ("2025-13-20 13:45:58 is no date", None),
        ("2099-01-01 00:00:00 is yet to come", None),
        ("", None),
    ],
)
def test_the_usual_formats_are_read_and_dates_in_what_a_line_tells_are_not(line: str, at: float | None) -> None:
    found = Timestamps().of(line.encode())
    assert found == (None if at is None else pytest.approx(at))


def test_the_zone_of_times_that_name_none_is_learnt_from_a_line_whose_time_is_known() -> None:
    stamps = Timestamps()
    stamps.learn(b"2025-11-20 08:45:58,100 INFO in New York", AT + 1)
    assert stamps.of(b"2025-11-20 08:45:58,100 INFO in New York") == pytest.approx(AT + 0.1)
    assert stamps.of(b"[2025-11-20 13:45:58 +0000] says its zone") == AT


def test_a_difference_that_no_zone_explains_teaches_nothing() -> None:
    stamps = Timestamps()
    stamps.learn(b"2025-11-20 13:45:58 INFO", AT + 400)
    assert stamps.skew == 0


def test_any_bytes_are_read_without_failing() -> None:
    stamps = Timestamps()
    for line in (os.urandom(300), b"[99/Foo/2025:99:99:99 +0000]", b"{" * 5000, b"\xff" * 10):
        stamps.of(line)
