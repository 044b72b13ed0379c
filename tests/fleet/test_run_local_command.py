"""Commands of this machine between two phases: what they say is told, and one that fails reverts every host."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from slipway.fleet.run_local_command import run_local_command
from slipway.model.local_command import HERE, LocalCommand
from tests.fleet.agent import eventually, running
from tests.fleet.fake_hosts import FakeHosts, Recorder
from tests.fleet.sshd import Sshd


def command(text: str, folder: Path, timeout: int = 10, **env: str) -> LocalCommand:
    return LocalCommand(text, env, folder, timeout)


@pytest.fixture
def fakes(server: Sshd, tmp_path: Path) -> FakeHosts:
    return FakeHosts(server, tmp_path, count=2)


def test_it_runs_after_the_phase_before_and_before_the_next_one(fakes: FakeHosts, tmp_path: Path) -> None:
    one, two = fakes.phase("one", "echo one >> $log"), fakes.phase("two", "echo two >> $log")
    between = replace(two, name="between", steps={}, local=(command("cat log; echo $WORD", tmp_path, WORD="w"),))
    outcome = fakes.run(one, between, two)
    assert outcome.ok
    assert [said[2] for said in fakes.reporter.said if said[:2] == ("line", HERE)] == ["one", "one", "w"]
    assert fakes.log == ["one", "one", "two", "two"]


def test_one_that_fails_reverts_every_host_and_is_the_cause(fakes: FakeHosts, tmp_path: Path) -> None:
    one, two = fakes.phase("one", "true"), fakes.phase("two", "echo two >> $log")
    outcome = fakes.run(one, replace(two, local=(command("echo broken; exit 3", tmp_path),)))
    assert "two" not in fakes.log
    assert [cause.host for cause in outcome.causes] == [HERE]
    result = outcome.causes[0].result
    assert result
    assert (result.code, [*result.tail]) == (3, ["broken"])
    assert result.reason == "`echo broken; exit 3` failed with exit code 3"
    assert all(outcome.hosts[name].state in ("reverted", "untouched") for name in fakes.names)
    assert outcome.code == 1


def test_one_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    began = time.monotonic()
    result = run_local_command(command("sleep 60 & echo $! > pid; wait", tmp_path, timeout=1), Recorder())
    assert time.monotonic() - began < 20
    assert result.code == 1
    assert "took longer than 1 s" in result.reason
    pid = int((tmp_path / "pid").read_text())
    eventually(lambda: not running(pid))


def test_it_has_no_standard_input_to_wait_for(tmp_path: Path) -> None:
    assert run_local_command(command("cat; exit 7", tmp_path), Recorder()).code == 7
