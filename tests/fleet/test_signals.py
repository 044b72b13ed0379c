"""Ctrl-C at every moment of a plan."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from slipway.model.step import Facts, Plan
from tests.fleet.agent import eventually, running
from tests.fleet.fake_hosts import FakeHosts, soon
from tests.fleet.sshd import ADDRESS, Sshd

ALL = ["undone web1", "undone web2", "undone web3"]
SLEEP = "echo $BASHPID > $base/pid; echo begun $name >> $log; exec sleep 300"


@pytest.fixture
def fakes(server: Sshd, tmp_path: Path) -> FakeHosts:
    """Three hosts."""
    return FakeHosts(server, tmp_path)


def press() -> None:
    """Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


def begun(fakes: FakeHosts) -> Callable[[], bool]:
    return lambda: all(fakes.written(f"begun {name}") for name in fakes.names)


def undone(fakes: FakeHosts) -> Callable[[], bool]:
    return lambda: all(fakes.written(line) for line in ALL)


def asleep(fakes: FakeHosts) -> list[int]:
    """What still sleeps on the hosts."""
    pids = [int((fakes.folder / name / "pid").read_text()) for name in fakes.names]
    return [pid for pid in pids if running(pid)]


def test_it_ends_what_runs_and_undoes_it(fakes: FakeHosts) -> None:
    pressing = soon(begun(fakes), press)
    started = time.monotonic()
    outcome = fakes.run(fakes.journal(), fakes.phase("boot", SLEEP), fakes.phase("switch", "echo switched >> $log"))
    assert (outcome.code, outcome.interrupted) == (130, True)
    assert [host.state for host in outcome.hosts.values()] == ["reverted"] * 3
    assert undone(fakes)()
    assert not fakes.written("switched")
    assert asleep(fakes) == []
    assert time.monotonic() - started < 10
    pressing.join()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_comes_twice_for_one_reason_counts_once(fakes: FakeHosts, number: signal.Signals) -> None:
    def twice() -> None:
        os.kill(os.getpid(), number)
        time.sleep(0.02)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    soon(begun(fakes), twice)
    outcome = fakes.run(fakes.journal(), fakes.phase("boot", SLEEP))
    assert [host.state for host in outcome.hosts.values()] == ["reverted"] * 3
    assert signal.getsignal(number) is before


def test_it_undoes_after_scripts_that_take_their_time_to_end(fakes: FakeHosts) -> None:
    slow = "trap 'sleep 0.5; echo ended >> $log; exit 1' TERM; echo begun $name >> $log; sleep 300 & wait"
    soon(begun(fakes), press)
    outcome = fakes.run(fakes.journal("grep -q ended $log || exit 9"), fakes.phase("boot", slow))
    assert [host.state for host in outcome.hosts.values()] == ["reverted"] * 3


def test_it_undoes_too_where_only_one_host_was_busy(fakes: FakeHosts) -> None:
    soon(lambda: fakes.written("begun web1"), press)
    outcome = fakes.run(fakes.journal(), fakes.phase("migrate", SLEEP, on=["web1"]))
    assert [host.state for host in outcome.hosts.values()] == ["reverted"] * 3
    assert undone(fakes)()


def test_before_anything_was_changed_hosts_are_untouched(fakes: FakeHosts) -> None:
    soon(begun(fakes), press)
    outcome = fakes.run(fakes.phase("survey", SLEEP))
    assert (outcome.code, [host.state for host in outcome.hosts.values()]) == (130, ["untouched"] * 3)


def test_while_connecting_it_waits_for_nobody(fakes: FakeHosts) -> None:
    with socket.socket() as silent:
        silent.bind((ADDRESS, 0))
        silent.listen()
        fakes.hosts[1] = fakes.server.host("web2", port=silent.getsockname()[1])
        soon(lambda: (fakes.folder / "web1" / "lock").exists(), press)
        started = time.monotonic()
        outcome = fakes.run(fakes.phase("survey", "echo $name >> $log"))
        assert time.monotonic() - started < 5
    assert outcome.code == 130
    assert fakes.log == []
    eventually(lambda: not fakes.server.connections())


def test_a_payload_that_is_being_made_is_not_sent_any_more(fakes: FakeHosts) -> None:
    def payload(facts: Facts) -> bytes:
        with (fakes.folder / "log").open("a") as log:
            log.writelines(f"begun {name}\n" for name in fakes.names)
        eventually(fleet._stopping.is_set)
        return b""

    soon(begun(fakes), press)
    with fakes.fleet() as fleet:
        outcome = fleet.run(Plan("deploy", (fakes.journal(), fakes.phase("code", "echo ran >> $log", payload=payload))))
    assert [host.state for host in outcome.hosts.values()] == ["reverted"] * 3
    assert not fakes.written("ran")


def test_a_second_one_leaves_at_once_and_the_hosts_put_themselves_back(fakes: FakeHosts) -> None:
    stubborn = f"trap '' TERM\n{SLEEP}"

    def twice() -> None:
        press()
        time.sleep(0.3)
        press()

    soon(begun(fakes), twice)
    started = time.monotonic()
    outcome = fakes.run(fakes.journal(), fakes.phase("boot", stubborn))
    assert time.monotonic() - started < 3.5
    assert (outcome.code, [host.state for host in outcome.hosts.values()]) == (130, ["unknown"] * 3)
    assert not undone(fakes)()
    eventually(undone(fakes))
    assert asleep(fakes) == []


def test_after_a_failure_it_lets_the_undoing_go_on(fakes: FakeHosts) -> None:
    soon(begun(fakes), press)
    journal = fakes.journal("echo begun $name >> $log; sleep 0.5")
    outcome = fakes.run(journal, fakes.phase("boot", "[[ $name != web2 ]]"))
    assert outcome.code == 130
    assert [host.state for host in outcome.hosts.values()] == ["reverted", "failed", "reverted"]
    assert undone(fakes)()


def test_after_the_decision_it_stops_and_undoes_nothing(fakes: FakeHosts) -> None:
    soon(begun(fakes), press)
    outcome = fakes.run(fakes.journal(), fakes.phase("finish", SLEEP, final=True))
    assert (outcome.code, [host.state for host in outcome.hosts.values()]) == (130, ["interrupted"] * 3)
    assert not undone(fakes)()
    assert asleep(fakes) == []


def test_where_each_host_is_on_its_own_those_that_are_through_stay(fakes: FakeHosts) -> None:
    through = {("ended", name, "one", "True") for name in ("web1", "web3")}
    soon(lambda: fakes.written("begun web2") and through <= set(fakes.reporter.said), press)
    outcome = fakes.run(fakes.phase("one", f"[[ $name == web2 ]] || exit 0\n{SLEEP}"), together=False)
    assert (outcome.code, [host.state for host in outcome.hosts.values()]) == (130, ["ok", "interrupted", "ok"])


def test_a_fleet_can_go_on_afterwards(fakes: FakeHosts) -> None:
    with fakes.fleet() as fleet:
        soon(begun(fakes), press)
        assert fleet.run(Plan("deploy", (fakes.phase("boot", SLEEP),))).code == 130
        assert fleet.run(Plan("look", (fakes.phase("look", "echo looked >> $log"),))).ok
    assert fakes.written("looked")
