"""Fixtures for tests that talk to a real sshd on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slipway.core.shell import Script
from slipway.fleet.agent_session import AgentOptions, Session
from slipway.fleet.ssh_connect import connect
from slipway.inventory import Host
from tests.fleet.sshd import SSHD, Sshd


@pytest.fixture
def private_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of our own: nothing of the developer's ~/.ssh plays a part, and nothing is written there."""
    home = tmp_path / "our-home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return home


@pytest.fixture
def servers(tmp_path: Path, private_home: Path) -> Iterator[Callable[..., Sshd]]:
    """Starts servers, each with options of its own."""
    if not SSHD:
        pytest.skip("sshd is not installed: apt-get install -y openssh-server")
    started: list[Sshd] = []

    def start(*options: str) -> Sshd:
        started.append(Sshd(tmp_path / f"sshd{len(started)}", *options))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def server(servers: Callable[..., Sshd]) -> Sshd:
    """A server with ordinary settings."""
    return servers()


@pytest.fixture
def sessions() -> Iterator[Callable[..., Session]]:
    """Opens sessions, and cuts them in the end."""
    opened: list[Session] = []

    def start(host: Host, agent_options: AgentOptions | None = None, first: Script | None = None) -> Session:
        opened.append(Session(connect(host, host.user), agent_options or AgentOptions(), host.name, lambda: first))
        return opened[-1]

    yield start
    for session in opened:
        session.cut()
