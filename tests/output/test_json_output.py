"""Data as JSON."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import PurePosixPath
from typing import NamedTuple

import pytest
from msgspec import Struct

from slipway.env.dotenv import Secret
from slipway.output.json_output import print_json, to_json
from tests.output.plans import Pipe


class Process(NamedTuple):
    name: str
    pid: int | None


class Host(Struct):
    name: str
    since: datetime
    processes: list[Process]
    path: PurePosixPath


HOST = Host(
    "wüb1",
    datetime(2026, 11, 20, 13, tzinfo=timezone.utc),
    [Process("web", 1), Process("x", None)],
    PurePosixPath("/a"),
)
EXPECTED = {
    "hosts": [
        {
            "name": "wüb1",
            "since": "2026-11-20T13:00:00+00:00",
            "processes": [{"name": "web", "pid": 1}, {"name": "x", "pid": None}],
            "path": "/a",
        }
    ]
}


def test_data_of_all_kinds_becomes_plain_json_with_stable_keys() -> None:
    text = to_json({"hosts": (HOST,)})
    assert json.loads(text) == EXPECTED
    assert list(json.loads(text)["hosts"][0]) == ["name", "since", "processes", "path"]
    assert "wüb1" in text


def test_a_stream_of_objects_has_one_on_each_line() -> None:
    pipe = Pipe()
    for _ in range(2):
        print_json({"hosts": [HOST]}, compact=True, stream=pipe)
    assert [json.loads(line) for line in pipe.getvalue().splitlines()] == [EXPECTED, EXPECTED]


def test_a_secret_is_not_data() -> None:
    with pytest.raises(TypeError):
        to_json({"env": {"KEY": Secret("hunter2")}})
