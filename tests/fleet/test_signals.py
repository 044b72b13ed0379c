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
from tests.fleet.fake_hosts import Crew, soon
from tests.fleet.sshd import ADDRESS, Sshd

ALL = ["undone web1", "undone web2", "undone web3"]
SLEEP = "echo $BASHPID > $base/pid; echo begun $name >> $log; exec sleep 300"


@pytest.fixture
def crew(server: Sshd, tmp_path: Path) -> Crew:
    """Three hosts."""
    return Crew(server, tmp_path)


def press() -> None:
    """Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


def begun(crew: Crew) -> Callable[[], bool]:
    return lambda: all(crew.written(f"begun {name}") for name in crew.names)


def undone(crew: Crew) -> Callable[[], bool]:
    return lambda: all(crew.written(line) for line in ALL)


def asleep(crew: Crew) -> list[int]:
    """What still sleeps on the hosts."""
    pids = [int((crew.folder / name / "pid").read_text()) for name in crew.names]
    return [pid for pid in pids if running(pid)]


def test_it_ends_what_runs_and_undoes_it(crew: Crew) -> None:
    pressing = soon(begun(crew), press)
    started = time.monotonic()
    outcome = crew.run(crew.journal(), crew.phase("boot", SLEEP), crew.phase("switch", "echo switched >> $log"))
    assert (outcome.code, outcome.interrupted) == (130, True)
    assert [host.state for host in outcome.hosts.values()] == ["reverted"] * 3
    assert undone(crew)()
    assert not crew.written("switched")
    assert asleep(crew) == []
    assert time.monotonic() - started < 10
    pressing.join()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_comes_twice_for_one_reason_counts_once(crew: Crew, number: signal.Signals) -> None:
    def twice() -> None:
        os.kill(os.getpid(), number)
        time.sleep(0.02)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    soon(begun(crew), twice)
    outcome = crew.run(crew.journal(), crew.phase("boot", SLEEP))
    assert [host.state for host in outcome.hosts.values()] == ["reverted"] * 3
    assert signal.getsignal(number) is before


def test_it_undoes_after_scripts_that_take_their_time_to_end(crew: Crew) -> None:
    slow = "trap 'sleep 0.5; echo ended >> $log; exit 1' TERM; echo begun $name >> $log; sleep 300 & wait"
    soon(begun(crew), press)
    outcome = crew.run(crew.journal("grep -q ended $log || exit 9"), crew.phase("boot", slow))
    assert [host.state for host in outcome.hosts.values()] == ["reverted"] * 3


def test_it_undoes_too_where_only_one_host_was_busy(crew: Crew) -> None:
    soon(lambda: crew.written("begun web1"), press)
    outcome = crew.run(crew.journal(), crew.phase("migrate", SLEEP, on=["web1"]))
    assert [host.state for host in outcome.hosts.values()] == ["reverted"] * 3
    assert undone(crew)()


def test_before_anything_was_changed_hosts_are_untouched(crew: Crew) -> None:
    soon(begun(crew), press)
    outcome = crew.run(crew.phase("survey", SLEEP))
    assert (outcome.code, [host.state for host in outcome.hosts.values()]) == (130, ["untouched"] * 3)


def test_while_connecting_it_waits_for_nobody(crew: Crew) -> None:
    with socket.socket() as silent:
        silent.bind((ADDRESS, 0))
        silent.listen()
        crew.hosts[1] = crew.server.host("web2", port=silent.getsockname()[1])
        soon(lambda: (crew.folder / "web1" / "lock").exists(), press)
        started = time.monotonic()
        outcome = crew.run(crew.phase("survey", "echo $name >> $log"))
        assert time.monotonic() - started < 5
    assert outcome.code == 130
    assert crew.log == []
    eventually(lambda: not crew.server.connections())


def test_a_payload_that_is_being_made_is_not_sent_any_more(crew: Crew) -> None:
    def payload(facts: Facts) -> bytes:
        with (crew.folder / "log").open("a") as log:
            log.writelines(f"begun {name}\n" for name in crew.names)
        eventually(fleet._stopping.is_set)
        return b""

    soon(begun(crew), press)
    with crew.fleet() as fleet:
        outcome = fleet.run(Plan("deploy", (crew.journal(), crew.phase("code", "echo ran >> $log", payload=payload))))
    assert [host.state for host in outcome.hosts.values()] == ["reverted"] * 3
    assert not crew.written("ran")


def test_a_second_one_leaves_at_once_and_the_hosts_put_themselves_back(crew: Crew) -> None:
    stubborn = f"trap '' TERM\n{SLEEP}"

    def twice() -> None:
        press()
        time.sleep(0.3)
        press()

    soon(begun(crew), twice)
    started = time.monotonic()
    outcome = crew.run(crew.journal(), crew.phase("boot", stubborn))
    assert time.monotonic() - started < 3.5
    assert (outcome.code, [host.state for host in outcome.hosts.values()]) == (130, ["unknown"] * 3)
    assert not undone(crew)()
    eventually(undone(crew))
    assert asleep(crew) == []


def test_after_a_failure_it_lets_the_undoing_go_on(crew: Crew) -> None:
    soon(begun(crew), press)
    journal = crew.journal("echo begun $name >> $log; sleep 0.5")
    outcome = crew.run(journal, crew.phase("boot", "[[ $name != web2 ]]"))
    assert outcome.code == 130
    assert [host.state for host in outcome.hosts.values()] == ["reverted", "failed", "reverted"]
    assert undone(crew)()


def test_after_the_decision_it_stops_and_undoes_nothing(crew: Crew) -> None:
    soon(begun(crew), press)
    outcome = crew.run(crew.journal(), crew.phase("finish", SLEEP, final=True))
    assert (outcome.code, [host.state for host in outcome.hosts.values()]) == (130, ["interrupted"] * 3)
    assert not undone(crew)()
    assert asleep(crew) == []


def test_where_each_host_is_on_its_own_those_that_are_through_stay(crew: Crew) -> None:
    through = {("ended", name, "one", "True") for name in ("web1", "web3")}
    soon(lambda: crew.written("begun web2") and through <= set(crew.reporter.said), press)
    outcome = crew.run(crew.phase("one", f"[[ $name == web2 ]] || exit 0\n{SLEEP}"), together=False)
    assert (outcome.code, [host.state for host in outcome.hosts.values()]) == (130, ["ok", "interrupted", "ok"])


def test_a_fleet_can_go_on_afterwards(crew: Crew) -> None:
    with crew.fleet() as fleet:
        soon(begun(crew), press)
        assert fleet.run(Plan("deploy", (crew.phase("boot", SLEEP),))).code == 130
        assert fleet.run(Plan("look", (crew.phase("look", "echo looked >> $log"),))).ok
    assert crew.written("looked")
