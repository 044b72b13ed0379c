"""The accept queue of a unix socket, as the kernel tells it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.remote.web.unix_socket_connections import waiting
from slipway.remote.web.wait_accept_queue_empty import wait_until_empty


@pytest.fixture
def path() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="slip") as folder:
        yield f"{folder}/web.sock"


def test_whoever_waits_is_counted_until_accepted(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(10)
        assert waiting(path) == 0
        visitors = [socket.socket(socket.AF_UNIX) for _ in range(3)]
        for visitor in visitors:
            visitor.connect(path)
        assert waiting(path) == 3
        server.accept()[0].close()
        assert waiting(path) == 2
        assert not wait_until_empty(path, 0.05)
        for visitor in visitors:
            visitor.close()


@pytest.mark.skipif(not shutil.which("ss"), reason="ss (iproute2) is not installed")
def test_ss_sees_the_same(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as visitor:
        server.bind(path)
        server.listen(10)
        visitor.connect(path)
        shown = subprocess.run(["ss", "-xlH", "src", path], capture_output=True, text=True, check=True).stdout
        assert int(shown.split()[2]) == waiting(path) == 1


def test_a_socket_that_nobody_listens_at_has_no_queue(path: str) -> None:
    Path(path).touch()
    assert waiting(path) is None
    assert wait_until_empty(path, 1)
