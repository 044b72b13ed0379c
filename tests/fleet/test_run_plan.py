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
from tests.fleet.fake_hosts import Crew, later
from tests.fleet.sshd import Sshd, free_port

ALL = ["undone web1", "undone web2", "undone web3"]


@pytest.fixture
def crew(server: Sshd, tmp_path: Path) -> Crew:
    """Three hosts."""
    return Crew(server, tmp_path)


def states(outcome: Outcome) -> list[str]:
    return [host.state for host in outcome.hosts.values()]


def undone(outcome: Outcome) -> list[bool | None]:
    return [host.undone for host in outcome.hosts.values()]


def instead(crew: Crew, name: str, **changes: object) -> None:
    """Change one host."""
    crew.hosts = [crew.server.host(name, **changes) if host.name == name else host for host in crew.hosts]


def test_every_host_runs_every_phase(crew: Crew) -> None:
    outcome = crew.run(crew.phase("one", "echo one $name >> $log"), crew.phase("two", "echo two $name >> $log"))
    assert (outcome.ok, outcome.code, states(outcome)) == (True, 0, ["ok", "ok", "ok"])
    assert crew.log == [f"{phase} {name}" for phase in ("one", "two") for name in crew.names]
    assert list(outcome.phases) == ["connect", "one", "two"]
    assert all(list(outcome.steps[name]) == ["one", "two"] for name in crew.names)


def test_no_host_begins_a_phase_before_all_have_ended_the_last_one(crew: Crew) -> None:
    slow = crew.phase("slow", "[[ $name != web2 ]] || sleep 0.3; touch $base/slow")
    check = crew.phase("check", "ls {{all}}/web{1,2,3}/slow", all=crew.folder)
    assert crew.run(slow, check).ok


def test_a_single_host_goes_through_its_phases_in_one_script(server: Sshd, tmp_path: Path) -> None:
    crew = Crew(server, tmp_path, count=1)
    outcome = crew.run(crew.phase("one", "where=$BASHPID"), crew.phase("two", "[[ $where == $BASHPID ]]; false"))
    (host,) = outcome.hosts.values()
    assert (host.state, host.phase, host.result and host.result.command) == ("failed", "two", "false")
    assert list(outcome.phases) == ["connect", "one", "two"]
    told = [said for said in crew.reporter.said if said[0] in ("phase", "ended")]
    assert told == [
        ("ended", "web1", "connect", "True"),
        ("phase", "one"),
        ("ended", "web1", "one", "True"),
        ("phase", "two"),
        ("ended", "web1", "two", "False"),
        ("ended", "web1", "undo", "True"),
    ]


def test_hosts_work_at_the_same_time(crew: Crew) -> None:
    meet = "touch $base/here; for i in {1..500}; do ls {{all}}/web{1,2,3}/here && exit 0; sleep 0.01; done; exit 1"
    assert crew.run(crew.phase("meet", meet, all=crew.folder)).ok


def test_a_host_without_steps_sits_a_phase_out(crew: Crew) -> None:
    assert crew.run(crew.phase("migrate", "echo migrated $name >> $log", on=["web2"])).ok
    assert crew.log == ["migrated web2"]


def test_facts_of_one_phase_make_the_payload_of_the_next(crew: Crew) -> None:
    def payload(facts: Facts) -> bytes:
        return f"for {facts['me']}".encode()

    crew.run(crew.phase("ask", "fact me $name"), crew.phase("tell", "echo $(take) >> $log", payload=payload))
    assert crew.log == ["for web1", "for web2", "for web3"]


def test_a_failure_undoes_all_hosts(crew: Crew) -> None:
    fail = crew.phase("boot", "echo one; [[ $name != web2 ]] || fail 'the app does not boot'")
    outcome = crew.run(crew.journal(), fail, crew.phase("switch", "echo switched >> $log"))
    assert (outcome.code, states(outcome)) == (1, ["reverted", "failed", "reverted"])
    assert undone(outcome) == [True, True, True]
    assert crew.log == ALL
    cause = outcome.hosts["web2"]
    assert cause.result
    assert (cause.phase, cause.result.step, cause.result.reason) == ("boot", "boot", "the app does not boot")
    assert list(cause.result.tail) == ["one"]


def test_several_failures_are_all_told(crew: Crew) -> None:
    outcome = crew.run(crew.journal(), crew.phase("boot", "[[ $name == web2 ]] || false"))
    assert states(outcome) == ["failed", "reverted", "failed"]
    assert [host.host for host in outcome.causes] == ["web1", "web3"]


def test_a_failure_before_anything_was_changed_leaves_hosts_untouched(crew: Crew) -> None:
    outcome = crew.run(crew.phase("survey", "[[ $name != web1 ]] || false"), crew.journal())
    assert states(outcome) == ["failed", "untouched", "untouched"]
    assert undone(outcome) == [False, False, False]


def test_a_failure_in_the_last_phase_before_the_decision_is_undone(crew: Crew) -> None:
    commit = crew.phase("commit", "[[ $name != web1 ]] || false")
    outcome = crew.run(crew.journal(), commit, crew.phase("finish", "echo finished >> $log", final=True))
    assert states(outcome) == ["failed", "reverted", "reverted"]
    assert crew.log == ALL


def test_a_host_that_agreed_already_goes_back_with_the_others(crew: Crew) -> None:
    commit = crew.phase("commit", "[[ $name != web1 ]] || false; mv $base/undo $base/undo.aside")
    outcome = crew.run(crew.journal("base=${base%.aside}"), commit)
    assert states(outcome) == ["failed", "reverted", "reverted"]
    assert crew.log == ALL


def test_a_host_that_has_gone_onward_meanwhile_is_not_told_to_be_back(crew: Crew) -> None:
    """It was lost for so long after it had agreed to stay that it took the others to be well."""
    switch = crew.phase("switch", "fact previous releases/old; ln -s releases/new $base/current")
    alone = crew.phase("commit", "[[ $name != web2 ]] || { rm $base/undo; false; }")
    outcome = crew.run(crew.journal("ln -sfn releases/old $base/current"), switch, alone)
    assert states(outcome) == ["reverted", "failed", "reverted"]
    assert undone(outcome) == [True, None, True]
    assert outcome.hosts["web2"].notes == ["it was alone for too long and has kept new; the next deploy ends that"]


def test_after_the_decision_nothing_is_undone(crew: Crew) -> None:
    outcome = crew.run(
        crew.journal(),
        crew.phase("tidy", "[[ $name != web1 ]] || false", final=True),
        crew.phase("history", "echo $name >> $log", final=True),
    )
    assert (outcome.code, states(outcome)) == (1, ["failed", "ok", "ok"])
    assert crew.log == ["web2", "web3"]


def test_an_unreachable_host_stops_everything_before_it_begins(crew: Crew) -> None:
    instead(crew, "web2", port=free_port())
    outcome = crew.run(crew.phase("survey", "echo $name >> $log"))
    assert states(outcome) == ["untouched", "unreachable", "untouched"]
    assert undone(outcome) == [False, False, False]
    assert outcome.hosts["web2"].message.startswith("web2: cannot connect")
    assert (crew.log, outcome.code) == ([], 1)
    assert not [said for said in crew.reporter.said if said[0] in ("phase", "undoing")]


def test_a_journal_of_an_earlier_operation_is_left_to_the_survey(crew: Crew) -> None:
    (crew.folder / "web1" / "undo").write_text(f"echo undone >> {crew.folder}/log")
    instead(crew, "web2", port=free_port())
    crew.run(crew.phase("survey", "true"))
    assert crew.log == []


def test_a_host_that_others_work_on_stops_everything_before_it_begins(crew: Crew) -> None:
    with (crew.folder / "web3" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        outcome = crew.run(crew.phase("survey", "echo $name >> $log"))
    assert states(outcome) == ["untouched", "untouched", "failed"]
    assert outcome.hosts["web3"].message == "web3: another operation is running here"
    assert crew.log == []


def test_hosts_can_be_waited_for(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slipway.fleet.run_plan.PATIENCE", 0.1)
    with (crew.folder / "web3" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        later(0.5, lock.close)
        with crew.fleet(wait=True) as fleet:
            assert fleet.run(Plan("deploy", (crew.phase("survey", "true"),))).ok


def test_a_payload_that_cannot_be_made_undoes_all_hosts(crew: Crew) -> None:
    def refuse(facts: Facts) -> bytes:
        raise UsageError("no such commit", hint="Look.")

    def crash(facts: Facts) -> bytes:
        raise RuntimeError("a defect")

    for payload, message in ((refuse, "no such commit"), (crash, "web1: unexpected RuntimeError: a defect")):
        outcome = crew.run(crew.journal(), crew.phase("code", "take", payload=payload, on=["web1"]))
        assert states(outcome) == ["failed", "reverted", "reverted"]
        assert outcome.hosts["web1"].message == message
    assert crew.log == sorted(ALL * 2)


def test_a_reporter_that_breaks_does_not_stop_the_operation(crew: Crew) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Callable[..., None]:
            def tell(*_: object) -> None:
                raise BrokenPipeError

            return tell

    crew.reporter = Broken()  # type: ignore[assignment]
    assert crew.run(crew.phase("one", "echo a line"), crew.phase("two", "echo $name >> $log")).ok
    assert crew.log == crew.names


def test_the_reporter_hears_everything_in_order(crew: Crew) -> None:
    crew.run(crew.journal(), crew.phase("two", "echo said; false", on=["web2"]))
    of_web2 = [said for said in crew.reporter.said if said[0] in ("begin", "phase", "undoing") or said[1] == "web2"]
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


def test_a_program_that_names_steps_of_its_own_does_not_disturb(crew: Crew) -> None:
    assert crew.run(crew.phase("one", r"printf '\001step other\n'")).ok


def test_a_lost_connection_undoes_all_hosts_and_tells_how_the_lost_one_is(crew: Crew) -> None:
    cut = crew.phase("boot", "[[ $name != web2 ]] || kill -9 $PPID; sleep 0.5")
    outcome = crew.run(crew.journal(), cut)
    assert states(outcome) == ["reverted", "failed", "reverted"]
    assert undone(outcome) == [True, True, True]
    assert crew.log == ALL
    assert outcome.hosts["web2"].message == "web2: the connection was lost"
    assert outcome.hosts["web2"].phase == "boot"


def test_a_host_that_falls_silent_undoes_all_hosts(server: Sshd, tmp_path: Path) -> None:
    crew = Crew(server, tmp_path, silence=1)
    outcome = crew.run(crew.journal(), crew.phase("boot", "[[ $name != web2 ]] || { kill -STOP $PPID; sleep 300; }"))
    assert states(outcome) == ["reverted", "failed", "reverted"]
    assert undone(outcome) == [True, True, True]
    assert crew.log == ALL


def test_a_killed_agent_is_made_up_for(crew: Crew) -> None:
    outcome = crew.run(
        crew.journal(), crew.phase("boot", "[[ $name != web2 ]] || kill -9 $$"), crew.phase("check", ":")
    )
    assert states(outcome) == ["reverted", "failed", "reverted"]
    assert undone(outcome) == [True, True, True]
    assert crew.log == ALL


def test_a_host_that_is_gone_for_good_is_told_as_unknown(crew: Crew) -> None:
    crew.silence = 3
    with crew.fleet() as fleet:
        assert fleet.run(Plan("look", (crew.phase("one", "true"),))).ok
        crew.server.stop()
        outcome = fleet.run(
            Plan("deploy", (crew.journal(), crew.phase("boot", "[[ $name != web2 ]] || kill -9 $PPID")))
        )
    assert states(outcome) == ["reverted", "failed", "reverted"]
    assert undone(outcome) == [True, None, True]
    eventually(lambda: crew.log == ALL)


def test_a_journal_that_fails_is_told(crew: Crew) -> None:
    outcome = crew.run(crew.journal("[[ $name != web1 ]] || exit 3"), crew.phase("boot", "[[ $name != web2 ]]"))
    assert states(outcome) == ["unknown", "failed", "reverted"]
    assert undone(outcome) == [None, True, True]
    assert outcome.hosts["web1"].notes[0].startswith("putting it back failed: bash ")


def test_where_each_host_is_on_its_own_only_the_failed_one_stops(crew: Crew) -> None:
    outcome = crew.run(
        crew.phase("one", "[[ $name != web1 ]]"), crew.phase("two", "echo $name >> $log"), together=False
    )
    assert states(outcome) == ["failed", "ok", "ok"]
    assert crew.log == ["web2", "web3"]


def test_a_fleet_connects_once_for_several_plans(crew: Crew) -> None:
    with crew.fleet() as fleet:
        first = fleet.run(Plan("look", (crew.phase("one", "echo $PPID $name >> $log"),)))
        second = fleet.run(Plan("deploy", (crew.phase("one", "echo $PPID $name >> $log"),)))
    assert "connect" in first.phases
    assert "connect" not in second.phases
    assert len(set(crew.log)) == 3


def test_hosts_that_cannot_be_reached_can_be_left_out(crew: Crew) -> None:
    instead(crew, "web2", port=free_port())
    with crew.fleet() as fleet:
        assert fleet.skip_unreachable() == ["web2"]
        plan = Plan("deploy", (crew.phase("one", "echo $name >> $log", on=["web1", "web3"]),))
        assert states(fleet.run(plan)) == ["ok", "ok"]
    assert crew.log == ["web1", "web3"]


def test_in_the_end_locks_are_free_and_connections_closed(crew: Crew) -> None:
    crew.run(crew.phase("one", "[[ -s $base/lock ]]"))
    assert [(crew.folder / name / "lock").read_text() for name in crew.names] == ["", "", ""]
    eventually(lambda: not crew.server.connections())


def test_a_defect_of_ours_leaves_no_host_half_done(crew: Crew) -> None:
    with pytest.raises(RuntimeError), crew.fleet() as fleet:
        assert fleet.run(Plan("deploy", (crew.journal(),))).ok
        raise RuntimeError
    eventually(lambda: crew.log == ALL)


def test_many_hosts_are_no_burst_that_sshd_refuses(server: Sshd, tmp_path: Path) -> None:
    crew = Crew(server, tmp_path, count=24)
    started = time.monotonic()
    assert crew.run(crew.phase("one", "echo $name >> $log")).ok
    assert len(crew.log) == 24
    assert time.monotonic() - started < 20


def test_a_plan_can_be_made_anew_from_what_hosts_tell_us_alone(crew: Crew) -> None:
    def revise(told: Mapping[str, Hidden]) -> Revision:
        said = " ".join(told[name]["word"].reveal() for name in crew.names)
        rest = crew.phase("tell", "echo {{said}} >> $log", said=said)
        return Revision(Plan("deploy", (look, rest)), {"web2": ["take care"]})

    look = crew.phase("ask", "hidden word $name")
    outcome = crew.run(replace(look, revise=revise), crew.phase("tell", "exit 1"))
    assert outcome.ok
    assert crew.log == ["web1 web2 web3"] * 3
    assert outcome.hosts["web2"].notes == ["take care"]
    assert ("line", "web1", "web1") not in crew.reporter.said


def test_an_operation_that_cannot_go_on_with_what_it_is_told_ends_before_anything_is_begun(crew: Crew) -> None:
    def revise(told: Mapping[str, Hidden]) -> None:
        raise UsageError("not like this")

    with pytest.raises(UsageError, match="not like this"):
        crew.run(replace(crew.phase("ask", "true"), revise=revise), crew.phase("tell", "echo begun >> $log"))
    assert crew.log == []
    assert crew.run(crew.phase("again", "true")).ok, "the locks are free"


def test_an_early_phase_begins_before_the_last_host_is_connected(crew: Crew) -> None:
    lock = (crew.folder / "web2" / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)

    def free() -> None:
        """Let the last host go, if the first one has not waited for it."""
        if (crew.folder / "web1" / "looked").exists():
            lock.close()

    freed = later(3, free)
    look = replace(crew.phase("look", "echo look $name >> $log; touch $base/looked"), early=True)
    with crew.fleet(wait=True) as fleet:
        outcome = fleet.run(Plan("deploy", (look, crew.phase("then", "echo then $name >> $log"))))
    freed.join()
    assert states(outcome) == ["ok", "ok", "ok"]
    assert crew.log == [f"{phase} {name}" for phase in ("look", "then") for name in crew.names]
    told = [said[2] for said in crew.reporter.said if said[:2] == ("step", "web1")]
    assert told == ["look", "then"]


def test_an_early_phase_that_fails_is_told_as_any_other(crew: Crew) -> None:
    look = replace(crew.phase("look", '[[ $name != web2 ]] || fail "not ready"'), early=True)
    outcome = crew.run(look, crew.phase("then", "echo then >> $log"))
    assert states(outcome) == ["untouched", "failed", "untouched"]
    assert (outcome.hosts["web2"].phase, crew.log) == ("look", [])


def test_all_phases_take_one_login_and_one_command_of_each_host(crew: Crew) -> None:
    told = 'echo "$name $SSH_CONNECTION $PPID" >> $log'
    assert crew.run(crew.phase("one", told), crew.phase("two", told)).ok
    assert len(crew.log) == 6
    assert len(set(crew.log)) == 3
    assert all(len(line.split()) == 6 for line in crew.log)
