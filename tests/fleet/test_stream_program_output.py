"""A long-running program on a host sends frames over a real sshd."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from slipway.fleet.ssh_connect import Unreachable
from slipway.fleet.stream_program_output import Frame, Lost, Refused, Stream
from slipway.remote import program
from tests.fleet.agent import eventually
from tests.fleet.sshd import Sshd

NUMBERS = (
    program("logs.frames")
    + """
import json, sys
count = json.loads(sys.argv[1])["count"]
frames = FrameWriter(30)
sent = 0
while sent < count:
    frames.frame(b"data %d" % sent, b"x" * 1000)
    sent += 1
    while frames.full:
        frames.breathe(0.1)
frames.finish() if count else [frames.breathe(1) for _ in range(1000)]
"""
)


@pytest.fixture
def streams(server: Sshd) -> Iterator[Callable[..., Stream]]:
    opened: list[Stream] = []

    def start(text: str = NUMBERS, **options: object) -> Stream:
        opened.append(Stream(server.host(), "test-stream", text, options))
        return opened[-1]

    yield start
    for stream in opened:
        stream.cut()


def test_frames_come_whole_and_in_order(streams: Callable[..., Stream]) -> None:
    frames = [frame for frame in streams(count=5000).frames() if frame.words[0] != b"alive"]
    assert frames[:-1] == [Frame([b"data", b"%d" % number], b"x" * 1000) for number in range(5000)]
    assert frames[-1] == Frame([b"end"], b"")


def test_what_is_not_taken_is_not_sent(streams: Callable[..., Stream]) -> None:
    stream = streams(count=100_000)
    frames = stream.frames()
    next(frames)
    time.sleep(1)
    assert len(stream._channel.in_buffer) < 4 << 20


def test_the_program_is_gone_with_the_connection(server: Sshd, streams: Callable[..., Stream]) -> None:
    stream = streams(count=0)
    next(stream.frames())
    assert server.connections()
    stream.cut()
    eventually(lambda: not server.connections())
    with pytest.raises(Lost):
        list(stream.frames())


def test_a_cut_connection_is_told(server: Sshd, streams: Callable[..., Stream]) -> None:
    frames = streams(count=0).frames()
    next(frames)
    server.cut()
    with pytest.raises(Lost, match="web1: the connection was lost"):
        list(frames)


def test_a_program_that_fails_says_why(streams: Callable[..., Stream]) -> None:
    with pytest.raises(Refused, match="ValueError: no such luck"):
        list(streams(program("logs.frames") + "\nFrameWriter(9).breathe()\nraise ValueError('no such luck')").frames())
    with pytest.raises(Refused, match="SyntaxError"):
        streams("not a program")


def test_a_login_shell_that_prints_does_no_harm(server: Sshd, streams: Callable[..., Stream]) -> None:
    (server.home / ".bashrc").write_text("echo welcome; echo to this host\n")
    assert len(list(streams(count=3).frames())) >= 4


def test_a_host_that_is_not_there_is_said_so(server: Sshd) -> None:
    host = server.host()
    server.close()
    with pytest.raises(Unreachable, match="refused"):
        Stream(host, "test-stream", NUMBERS, {})
