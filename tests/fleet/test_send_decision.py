"""The decision of an operation reaches all hosts or none, also where the client is killed while it is sent."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from slipway.core.shell import Script
from slipway.fleet.agent_session import Session
from slipway.fleet.phases_in_one_script import JoinedScripts
from slipway.fleet.read_script_result import Hear, collect
from tests.fleet.fake_hosts import FakeHosts
from tests.fleet.sshd import Sshd


def test_all_hosts_are_told_of_the_decision_before_any_of_them_is_heard(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that is killed as soon as the first host has agreed must not have told only some of them."""
    fakes = FakeHosts(server, tmp_path)
    happened: list[str] = []
    order, listener = Session._order, JoinedScripts.listener

    def ordered(session: Session, script: Script, payload: bytes = b"", now: bool = False) -> None:
        happened.extend(["told"] * now)
        order(session, script, payload, now)

    def late(joined: JoinedScripts, host: str, hear: Hear) -> Hear:
        if host == "web2" and joined.phase.now:
            time.sleep(0.3)  # what the thread of one host waits for on a busy machine
        return listener(joined, host, hear)

    def heard(*words: Any) -> Any:
        result = collect(*words)
        happened.append("heard")
        return result

    monkeypatch.setattr(Session, "_order", ordered)
    monkeypatch.setattr(JoinedScripts, "listener", late)
    monkeypatch.setattr("slipway.fleet.agent_session.collect", heard)
    commit = replace(fakes.phase("commit", "echo agreed $name >> $log"), now=True)
    assert fakes.run(fakes.phase("one", ":"), commit, fakes.phase("last", ":", final=True)).ok
    assert fakes.log == [f"agreed {name}" for name in fakes.names]
    told = happened.index("told")
    assert happened[told : told + 4] == ["told", "told", "told", "heard"]
