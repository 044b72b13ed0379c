"""Plans on several hosts over a real sshd: all hosts or none, whatever fails."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from slipway.core.errors import UsageError
from slipway.model.outcome import Outcome
from slipway.model.step import Facts, Hidden, Plan, Revision
from tests.fleet.agent import eventually
from tests.fleet.fake_hosts import FakeHosts, later
from tests.fleet.sshd import Sshd, free_port

ALL = ["undone web1", "undone web2", "undone web3"]


@pytest.fixture
def fakes(server: Sshd, tmp_path: Path) -> FakeHosts:
    """Three hosts."""
    return FakeHosts(server, tmp_path)


def states(outcome: Outcome) -> list[str]:
    return [host.state for host in outcome.hosts.values()]


def undone(outcome: Outcome) -> list[bool | None]:
    return [host.undone for host in outcome.hosts.values()]


def instead(fakes: FakeHosts, name: str, **changes: object) -> None:
    """Change one host."""
    fakes.hosts = [fakes.server.host(name, **changes) if host.name == name else host for host in fakes.hosts]


def test_every_host_runs_every_phase(fakes: FakeHosts) -> None:
    outcome = fakes.run(fakes.phase("one", "echo one $name >> $log"), fakes.phase("two", "echo two $name >> $log"))
    assert (outcome.ok, outcome.code, states(outcome)) == (True, 0, ["ok", "ok", "ok"])
    assert fakes.log == [f"{phase} {name}" for phase in ("one", "two") for name in fakes.names]
    assert list(outcome.phases) == ["connect", "one", "two"]
    assert all(list(outcome.steps[name]) == ["one", "two"] for name in fakes.names)


def test_no_host_begins_a_phase_before_all_have_ended_the_last_one(fakes: FakeHosts) -> None:
    slow = fakes.phase("slow", "[[ $name != web2 ]] || sleep 0.3; touch $base/slow")
    check = fakes.phase("check", "ls {{all}}/web{1,2,3}/slow", all=fakes.folder)
    assert fakes.run(slow, check).ok


def test_a_single_host_goes_through_its_phases_in_one_script(server: Sshd, tmp_path: Path) -> None:
    fakes = FakeHosts(server, tmp_path, count=1)
    outcome = fakes.run(fakes.phase("one", "where=$BASHPID"), fakes.phase("two", "[[ $where == $BASHPID ]]; false"))
    (host,) = outcome.hosts.values()
    assert (host.state, host.phase, host.result and host.result.command) == ("failed", "two", "false")
    assert list(outcome.phases) == ["connect", "one", "two"]
    told = [said for said in fakes.reporter.said if said[0] in ("phase", "ended")]
    assert told == [
        ("ended", "web1", "connect", "True"),
        ("phase", "one"),
        ("ended", "web1", "one", "True"),
        ("phase", "two"),
        ("ended", "web1", "two", "False"),
        ("ended", "web1", "undo", "True"),
    ]


def test_hosts_work_at_the_same_time(fakes: FakeHosts) -> None:
    meet = "touch $base/here; for i in {1..500}; do ls {{all}}/web{1,2,3}/here && exit 0; sleep 0.01; done; exit 1"
    assert fakes.run(fakes.phase("meet", meet, all=fakes.folder)).ok


def test_a_host_without_steps_sits_a_phase_out(fakes: FakeHosts) -> None:
    assert fakes.run(fakes.phase("migrate", "echo migrated $name >> $log", on=["web2"])).ok
    assert fakes.log == ["migrated web2"]


def test_facts_of_one_phase_make_the_payload_of_the_next(fakes: FakeHosts) -> None:
    def payload(facts: Facts) -> bytes:
        return f"for {facts['me']}".encode()

    fakes.run(fakes.phase("ask", "fact me $name"), fakes.phase("tell", "echo $(take) >> $log", payload=payload))
    assert fakes.log == ["for web1", "for web2", "for web3"]


def test_a_failure_undoes_all_hosts(fakes: FakeHosts) -> None:
    fail = fakes.phase("boot", "echo one; [[ $name != web2 ]] || fail 'the app does not boot'")
    outcome = fakes.run(fakes.journal(), fail, fakes.phase("switch", "echo switched >> $log"))
    assert (outcome.code, states(outcome)) == (1, ["reverted", "failed", "reverted"])
    assert undone(outcome) == [True, True, True]
    assert fakes.log == ALL
    cause = outcome.hosts["web2"]
    assert cause.result
    assert (cause.phase, cause.result.step, cause.result.reason) == ("boot", "boot", "the app does not boot")
    assert list(cause.result.tail) == ["one"]


def test_several_failures_are_all_told(fakes: FakeHosts) -> None:
    outcome = fakes.run(fakes.journal(), fakes.phase("boot", "[[ $name == web2 ]] || false"))
    assert states(outcome) == ["failed", "reverted", "failed"]
    assert [host.host for host in outcome.causes] == ["web1", "web3"]


def test_a_failure_before_anything_was_changed_leaves_hosts_untouched(fakes: FakeHosts) -> None:
    outcome = fakes.run(fakes.phase("survey", "[[ $name != web1 ]] || false"), fakes.journal())
    assert states(outcome) == ["failed", "untouched", "untouched"]
    assert undone(outcome) == [False, False, False]


def test_a_failure_in_the_last_phase_before_the_decision_is_undone(fakes: FakeHosts) -> None:
    commit = fakes.phase("commit", "[[ $name != web1 ]] || false")
    outcome = fakes.run(fakes.journal(), commit, fakes.phase("finish", "echo finished >> $log", final=True))
    assert states(outcome) == ["failed", "reverted", "reverted"]
    assert fakes.log == ALL


def test_a_host_that_agreed_already_goes_back_with_the_others(fakes: FakeHosts) -> None:
    commit = fakes.phase("commit", "[[ $name != web1 ]] || false; mv $base/undo $base/undo.aside")
    outcome = fakes.run(fakes.journal("base=${base%.aside}"), commit)
    assert states(outcome) == ["failed", "reverted", "reverted"]
    assert fakes.log == ALL


def test_a_host_that_has_gone_onward_meanwhile_is_not_told_to_be_back(fakes: FakeHosts) -> None:
    """It was lost for so long after it had agreed to stay that it took the others to be well."""
    switch = fakes.phase("switch", "fact previous releases/old; ln -s releases/new $base/current")
    alone = fakes.phase("commit", "[[ $name != web2 ]] || { rm $base/undo; false; }")
    outcome = fakes.run(fakes.journal("ln -sfn releases/old $base/current"), switch, alone)
    assert states(outcome) == ["reverted", "failed", "reverted"]
    assert undone(outcome) == [True, None, True]
    assert outcome.hosts["web2"].notes == ["it was alone for too long and has kept new; the next deploy ends that"]


def test_after_the_decision_nothing_is_undone(fakes: FakeHosts) -> None:
    outcome = fakes.run(
        fakes.journal(),
        fakes.phase("tidy", "[[ $name != web1 ]] || false", final=True),
        fakes.phase("history", "echo $name >> $log", final=True),
    )
    assert (outcome.code, states(outcome)) == (1, ["failed", "ok", "ok"])
    assert fakes.log == ["web2", "web3"]


def test_each_host_for_itself_has_its_own_ending_in_its_history(fakes: FakeHosts) -> None:
    for name in fakes.names:
        Path(fakes.history(name)).parent.mkdir()
    fakes.run(fakes.phase("task", "[[ $name != web2 ]] || false"), together=False)
    assert [fakes.remembered(name)[0]["outcome"] for name in fakes.names] == ["ok", "failed", "ok"]


def test_what_is_written_at_a_failure_alone_says_in_which_step_and_needs_no_folder(fakes: FakeHosts) -> None:
    fakes.run(fakes.phase("packages", "[[ $name != web2 ]] || false"), together=False, failure=True)
    assert [len(fakes.remembered(name)) for name in fakes.names] == [0, 1, 0]
    (told,) = fakes.remembered("web2")
    assert (told["operation"], told["outcome"], told["message"]) == ("deploy", "failed", "failed in step packages")


def test_an_unreachable_host_stops_everything_before_it_begins(fakes: FakeHosts) -> None:
    instead(fakes, "web2", port=free_port())
    outcome = fakes.run(fakes.phase("survey", "echo $name >> $log"))
    assert states(outcome) == ["untouched", "unreachable", "untouched"]
    assert undone(outcome) == [False, False, False]
    assert outcome.hosts["web2"].message.startswith("web2: cannot connect")
    assert (fakes.log, outcome.code) == ([], 1)
    assert not [said for said in fakes.reporter.said if said[0] in ("phase", "undoing")]


def test_a_journal_of_an_earlier_operation_is_left_to_the_survey(fakes: FakeHosts) -> None:
    (fakes.folder / "web1" / "undo").write_text(f"echo undone >> {fakes.folder}/log")
    instead(fakes, "web2", port=free_port())
    fakes.run(fakes.phase("survey", "true"))
    assert fakes.log == []


def test_a_host_that_others_work_on_stops_everything_before_it_begins(fakes: FakeHosts) -> None:
    with (fakes.folder / "web3" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        outcome = fakes.run(fakes.phase("survey", "echo $name >> $log"))
    assert states(outcome) == ["untouched", "untouched", "failed"]
    assert outcome.hosts["web3"].message == "web3: another operation is running here"
    assert fakes.log == []


def test_hosts_can_be_waited_for(fakes: FakeHosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slipway.fleet.run_plan.PATIENCE", 0.1)
    with (fakes.folder / "web3" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        later(0.5, lock.close)
        with fakes.fleet(wait=True) as fleet:
            assert fleet.run(Plan("deploy", (fakes.phase("survey", "true"),))).ok


def test_a_payload_that_cannot_be_made_undoes_all_hosts(fakes: FakeHosts) -> None:
    def refuse(facts: Facts) -> bytes:
        raise UsageError("no such commit", hint="Look.")

    def crash(facts: Facts) -> bytes:
        raise RuntimeError("a defect")

    for payload, message in ((refuse, "no such commit"), (crash, "web1: unexpected RuntimeError: a defect")):
        outcome = fakes.run(fakes.journal(), fakes.phase("code", "take", payload=payload, on=["web1"]))
        assert states(outcome) == ["failed", "reverted", "reverted"]
        assert outcome.hosts["web1"].message == message
    assert fakes.log == sorted(ALL * 2)


def test_a_reporter_that_breaks_does_not_stop_the_operation(fakes: FakeHosts) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Callable[..., None]:
            def tell(*_: object) -> None:
                raise BrokenPipeError

            return tell

    fakes.reporter = Broken()  # type: ignore[assignment]
    assert fakes.run(fakes.phase("one", "echo a line"), fakes.phase("two", "echo $name >> $log")).ok
    assert fakes.log == fakes.names


def test_the_reporter_hears_everything_in_order(fakes: FakeHosts) -> None:
    fakes.run(fakes.journal(), fakes.phase("two", "echo said; false", on=["web2"]))
    of_web2 = [said for said in fakes.reporter.said if said[0] in ("begin", "phase", "undoing") or said[1] == "web2"]
    assert of_web2 == [
        ("begin", "deploy", "True"),
        ("ended", "web2", "connect", "True"),
        ("phase", "journal"),
        ("step", "web2", "journal"),
        ("ended", "web2", "journal", "True"),
        ("phase", "two"),
        ("step", "web2", "two"),
        ("line", "web2", "said"),
        ("ended", "web2", "two", "False"),
        ("undoing", "web1", "web2", "web3"),
        ("ended", "web2", "undo", "True"),
    ]


def test_a_program_that_names_steps_of_its_own_does_not_disturb(fakes: FakeHosts) -> None:
    assert fakes.run(fakes.phase("one", r"mark step other")).ok


def test_a_lost_connection_undoes_all_hosts_and_tells_how_the_lost_one_is(fakes: FakeHosts) -> None:
    cut = fakes.phase("boot", "[[ $name != web2 ]] || kill -9 $PPID; sleep 0.5")
    outcome = fakes.run(fakes.journal(), cut)
    assert states(outcome) == ["reverted", "failed", "reverted"]
    assert undone(outcome) == [True, True, True]
    assert fakes.log == ALL
    assert outcome.hosts["web2"].message == "web2: the connection was lost"
    assert outcome.hosts["web2"].phase == "boot"


def test_a_host_that_falls_silent_undoes_all_hosts(server: Sshd, tmp_path: Path) -> None:
    fakes = FakeHosts(server, tmp_path, silence=1)
    outcome = fakes.run(fakes.journal(), fakes.phase("boot", "[[ $name != web2 ]] || { kill -STOP $PPID; sleep 300; }"))
    assert states(outcome) == ["reverted", "failed", "reverted"]
    assert undone(outcome) == [True, True, True]
    assert fakes.log == ALL


def test_a_killed_agent_is_made_up_for(fakes: FakeHosts) -> None:
    outcome = fakes.run(
        fakes.journal(), fakes.phase("boot", "[[ $name != web2 ]] || kill -9 $$"), fakes.phase("check", ":")
    )
    assert states(outcome) == ["reverted", "failed", "reverted"]
    assert undone(outcome) == [True, True, True]
    assert fakes.log == ALL


def test_a_host_that_is_gone_for_good_is_told_as_unknown(fakes: FakeHosts) -> None:
    fakes.silence = 3
    with fakes.fleet() as fleet:
        assert fleet.run(Plan("look", (fakes.phase("one", "true"),))).ok
        fakes.server.stop()
        outcome = fleet.run(
            Plan("deploy", (fakes.journal(), fakes.phase("boot", "[[ $name != web2 ]] || kill -9 $PPID")))
        )
    assert states(outcome) == ["reverted", "failed", "reverted"]
    assert undone(outcome) == [True, None, True]
    eventually(lambda: fakes.log == ALL)


def test_a_journal_that_fails_is_told(fakes: FakeHosts) -> None:
    outcome = fakes.run(fakes.journal("[[ $name != web1 ]] || exit 3"), fakes.phase("boot", "[[ $name != web2 ]]"))
    assert states(outcome) == ["unknown", "failed", "reverted"]
    assert undone(outcome) == [None, True, True]
    assert outcome.hosts["web1"].notes[0].startswith("reverting it failed: bash ")


def test_where_each_host_is_on_its_own_only_the_failed_one_stops(fakes: FakeHosts) -> None:
    outcome = fakes.run(
        fakes.phase("one", "[[ $name != web1 ]]"), fakes.phase("two", "echo $name >> $log"), together=False
    )
    assert states(outcome) == ["failed", "ok", "ok"]
    assert fakes.log == ["web2", "web3"]


def test_a_fleet_connects_once_for_several_plans(fakes: FakeHosts) -> None:
    with fakes.fleet() as fleet:
        first = fleet.run(Plan("look", (fakes.phase("one", "echo $PPID $name >> $log"),)))
        second = fleet.run(Plan("deploy", (fakes.phase("one", "echo $PPID $name >> $log"),)))
    assert "connect" in first.phases
    assert "connect" not in second.phases
    assert len(set(fakes.log)) == 3


def test_hosts_that_cannot_be_reached_can_be_left_out(fakes: FakeHosts) -> None:
    instead(fakes, "web2", port=free_port())
    with fakes.fleet() as fleet:
        assert fleet.skip_unreachable() == ["web2"]
        plan = Plan("deploy", (fakes.phase("one", "echo $name >> $log", on=["web1", "web3"]),))
        assert states(fleet.run(plan)) == ["ok", "ok"]
    assert fakes.log == ["web1", "web3"]


def test_in_the_end_locks_are_free_and_connections_closed(fakes: FakeHosts) -> None:
    fakes.run(fakes.phase("one", "[[ -s $base/lock ]]"))
    assert [(fakes.folder / name / "lock").read_text() for name in fakes.names] == ["", "", ""]
    eventually(lambda: not fakes.server.connections())


def test_a_defect_of_ours_leaves_no_host_half_done(fakes: FakeHosts) -> None:
    with pytest.raises(RuntimeError), fakes.fleet() as fleet:
        assert fleet.run(Plan("deploy", (fakes.journal(),))).ok
        raise RuntimeError
    eventually(lambda: fakes.log == ALL)


def test_many_hosts_are_no_burst_that_sshd_refuses(server: Sshd, tmp_path: Path) -> None:
    fakes = FakeHosts(server, tmp_path, count=24)
    started = time.monotonic()
    assert fakes.run(fakes.phase("one", "echo $name >> $log")).ok
    assert len(fakes.log) == 24
    assert time.monotonic() - started < 20


def test_a_plan_can_be_made_anew_from_what_hosts_tell_us_alone(fakes: FakeHosts) -> None:
    def revise(told: Mapping[str, Hidden], facts: object) -> Revision:
        said = " ".join(told[name]["word"].reveal() for name in fakes.names)
        rest = fakes.phase("tell", "echo {{said}} >> $log", said=said)
        return Revision(Plan("deploy", (look, rest)), {"web2": ["take care"]})

    look = fakes.phase("ask", "hidden word $name")
    outcome = fakes.run(replace(look, revise=revise), fakes.phase("tell", "exit 1"))
    assert outcome.ok
    assert fakes.log == ["web1 web2 web3"] * 3
    assert outcome.hosts["web2"].notes == ["take care"]
    assert ("line", "web1", "web1") not in fakes.reporter.said


def test_an_operation_that_cannot_go_on_with_what_it_is_told_ends_before_anything_is_begun(fakes: FakeHosts) -> None:
    def revise(told: Mapping[str, Hidden], facts: object) -> None:
        raise UsageError("not like this")

    with pytest.raises(UsageError, match="not like this"):
        fakes.run(replace(fakes.phase("ask", "true"), revise=revise), fakes.phase("tell", "echo begun >> $log"))
    assert fakes.log == []
    assert fakes.run(fakes.phase("again", "true")).ok, "the locks are free"


def test_an_early_phase_begins_before_the_last_host_is_connected(fakes: FakeHosts) -> None:
    lock = (fakes.folder / "web2" / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)

    def free() -> None:
        """Let the last host go, if the first one has not waited for it."""
        if (fakes.folder / "web1" / "looked").exists():
            lock.close()

    freed = later(3, free)
    look = replace(fakes.phase("look", "echo look $name >> $log; touch $base/looked"), early=True)
    with fakes.fleet(wait=True) as fleet:
        outcome = fleet.run(Plan("deploy", (look, fakes.phase("then", "echo then $name >> $log"))))
    freed.join()
    assert states(outcome) == ["ok", "ok", "ok"]
    assert fakes.log == [f"{phase} {name}" for phase in ("look", "then") for name in fakes.names]
    told = [said[2] for said in fakes.reporter.said if said[:2] == ("step", "web1")]
    assert told == ["look", "then"]


def test_an_early_phase_that_fails_is_told_as_any_other(fakes: FakeHosts) -> None:
    look = replace(fakes.phase("look", '[[ $name != web2 ]] || fail "not ready"'), early=True)
    outcome = fakes.run(look, fakes.phase("then", "echo then >> $log"))
    assert states(outcome) == ["untouched", "failed", "untouched"]
    assert (outcome.hosts["web2"].phase, fakes.log) == ("look", [])


def test_all_phases_take_one_login_and_one_command_of_each_host(fakes: FakeHosts) -> None:
    told = 'echo "$name $SSH_CONNECTION $PPID" >> $log'
    assert fakes.run(fakes.phase("one", told), fakes.phase("two", told)).ok
    assert len(fakes.log) == 6
    assert len(set(fakes.log)) == 3
    assert all(len(line.split()) == 6 for line in fakes.log)
