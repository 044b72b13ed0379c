"""The report of an operation, word for word."""

from __future__ import annotations

from collections import deque
from textwrap import dedent

import pytest

from slipway.model.outcome import HostOutcome, Outcome, Result
from slipway.output.colours import PAINT, Style
from slipway.output.operation_words import Headings
from slipway.output.outcome_report import report
from tests.output.plans import deploy

HOSTS = ("web1", "web2", "worker")
ABOUT = Headings(
    deploy(*HOSTS),
    "20261120-131502-abc1234",
    "Fix the form",
    {"web1": "http://10.0.0.1/", "web2": "http://10.0.0.2/", "worker": "http://10.0.0.3/"},
)
PHASES = {
    "connect": 0.12,
    "survey": 0.05,
    "prepare": 0.4,
    "migrate": 0.002,
    "boot": 0.25,
    "switch": 0.05,
    "finish": 0.04,
}


def outcome(*hosts: HostOutcome, until: str = "finish", interrupted: bool = False, seconds: float = 0.92) -> Outcome:
    """A deploy that came as far as a phase; hosts that are not given are well."""
    given = {host.host: host for host in hosts}
    names = [*PHASES]
    phases = {name: PHASES[name] for name in names[: names.index(until) + 1]}
    every = {name: given.get(name, HostOutcome(name)) for name in HOSTS}
    return Outcome("deploy", every, phases, {}, seconds, interrupted)


def put_back(name: str) -> HostOutcome:
    return HostOutcome(name, "reverted", undone=True)


def untouched(name: str) -> HostOutcome:
    return HostOutcome(name, "untouched", undone=False)


def failed(name: str, phase: str, result: Result, undone: bool | None = True) -> HostOutcome:
    return HostOutcome(name, "failed", phase, result, undone=undone)


def unreachable(name: str, why: str, hint: str = "") -> HostOutcome:
    return HostOutcome(name, "unreachable", "connect", message=f"{name}: {why}", hint=hint, undone=False)


def told(outcome: Outcome, verbose: bool = False) -> str:
    return "\n".join(report(outcome, ABOUT, verbose=verbose))


def words(text: str) -> str:
    return dedent(text).strip("\n")


def test_success_is_a_line_for_each_host_and_one_for_all() -> None:
    assert told(outcome()) == words("""
        ✓ web1    20261120-131502-abc1234  http://10.0.0.1/
        ✓ web2    20261120-131502-abc1234  http://10.0.0.2/
        ✓ worker  20261120-131502-abc1234  http://10.0.0.3/
        deploy of 20261120-131502-abc1234 "Fix the form" done on 3 hosts in 0.92 s
        """)


def test_the_end_of_a_deploy_says_how_to_take_it_back_and_fits_the_terminal() -> None:
    facts = {"previous": "releases/20261120-101502-abc1234"}
    hosts = [HostOutcome(name, facts=facts, moved="from 1234567 to abc1234") for name in HOSTS]
    assert report(outcome(*hosts), ABOUT, columns=60)[3:] == [
        "from 1234567 to abc1234",
        'deploy of 20261120-131502-abc1234 "Fix the form" done on 3',
        "  hosts in 0.92 s",
        "  → `fab rollback` takes it back",
    ]


def test_a_warning_is_told_once_with_its_hosts() -> None:
    hosts = [
        HostOutcome("web1", notes=["little room", "little room"]),
        HostOutcome("web2", notes=["little room", "old"]),
    ]
    assert told(outcome(*hosts)).splitlines()[:2] == ["note: web1, web2: little room", "note: web2: old"]


def test_a_failed_step_tells_who_where_what_and_the_last_output() -> None:
    command = "python3 -I - '{\"base\": 1}' <<'SLIPWAY_PROGRAM'\nimport os\nSLIPWAY_PROGRAM\n"
    result = Result(3, "boot", command)
    result.tail.extend(["the app ended: exit 3", "ModuleNotFoundError: No module named '\x1b[31mfoo\x1b[0m'"])
    hosts = [put_back("web1"), failed("web2", "boot", result), untouched("worker")]
    assert told(outcome(*hosts, until="boot", seconds=2.31)) == words("""
        error: web2: failed to boot beside the current release
          in:        Boot and check, step boot (boot beside the current release)
          command:   python3 -I - '{"base": 1}' << SLIPWAY_PROGRAM
          exit code: 3
          web2 | the app ended: exit 3
          web2 | ModuleNotFoundError: No module named 'foo'

          web1    reverted
          web2    failed, reverted
          worker  untouched
        deploy of 20261120-131502-abc1234 "Fix the form" failed in boot after 2.31 s: """
        """every host serves what it served before
          → The app does not come up with the environment and the packages of the hosts. Fix it, and deploy again.
            All that it said: fab logs --hosts=web2 --release=20261120-131502-abc1234
        """)  # fmt: skip


def test_what_a_script_says_itself_comes_first_and_needs_no_other_advice() -> None:
    result = Result(1, "survey", reason="the host is not provisioned for hello: run `fab provision --hosts=web1`")
    lines = told(outcome(failed("web1", "survey", result, undone=False), until="survey")).splitlines()
    assert lines[0] == "error: web1: the host is not provisioned for hello: run `fab provision --hosts=web1`"
    assert lines[1] == "  in:        Look at the hosts, step survey (look at the host)"
    assert "  web1    failed, nothing to revert" in lines
    assert lines[-1].endswith("failed in survey after 0.92 s: nothing was changed on any host")


def test_the_same_cause_on_many_hosts_is_told_once() -> None:
    def result(host: str) -> Result:
        result = Result(1, "venv", "uv pip sync")
        result.tail.append(f"{host}: pid {len(host) * 1000}: no solution for foo==9")
        return result

    hosts = [failed(name, "prepare", result(name)) for name in HOSTS]
    lines = told(outcome(*hosts, until="prepare")).splitlines()
    assert lines[0] == "error: web1, web2, worker: failed to build the venv"
    assert lines[1] == "  (in the words of web1; the others say the same of themselves)"
    assert sum("no solution" in line for line in lines) == 1


def test_different_causes_are_all_told() -> None:
    other = Result(1, "venv", "uv pip sync")
    other.tail.append("No space left on device")
    hosts = [
        failed("web1", "prepare", Result(1, "venv", "uv pip sync")),
        failed("web2", "prepare", other),
        unreachable("worker", "cannot connect to deploy@10.0.0.3:22: no answer within 10 s"),
    ]
    lines = told(outcome(*hosts, until="prepare")).splitlines()
    assert [line for line in lines if line.startswith("error:")] == [
        "error: web1: failed to build the venv",
        "error: web2: failed to build the venv",
        "error: worker: cannot connect to deploy@10.0.0.3:22: no answer within 10 s",
    ]


def test_hosts_that_cannot_be_reached_share_a_cause_and_its_hint() -> None:
    hosts = [
        unreachable(name, f"cannot connect to deploy@10.0.0.{number}:22: no answer", "Check the firewall.")
        for number, name in enumerate(HOSTS, 1)
    ]
    assert told(outcome(*hosts, until="connect")) == words("""
        error: web1, web2, worker: cannot connect to deploy@10.0.0.1:22: no answer
          (in the words of web1; the others say the same of themselves)

          web1    unreachable
          web2    unreachable
          worker  unreachable
        deploy of 20261120-131502-abc1234 "Fix the form" failed in connect after 0.92 s: nothing was changed on any host
          → Check the firewall.
        """)


@pytest.mark.parametrize(("phase", "step"), [("boot", "boot"), ("switch", "workers")])
def test_what_does_not_boot_is_told_with_the_command_that_shows_its_log(phase: str, step: str) -> None:
    both = [failed(name, phase, Result(1, step, "boot", reason="web ended while it booted.")) for name in HOSTS[:2]]
    advice = told(outcome(*both, until=phase)).splitlines()[-1]
    assert advice.strip() == "All that it said: fab logs --hosts=web1,web2 --release=20261120-131502-abc1234"


def test_a_host_that_was_lost_is_not_said_to_be_healthy() -> None:
    lost = HostOutcome("web2", "failed", "switch", message="web2: the connection was lost")
    hosts = [HostOutcome("web1", "unknown"), lost, put_back("worker")]
    assert told(outcome(*hosts, until="switch")) == words("""
        error: web2: the connection was lost
          in:        Switch

          web1    did not confirm that it was reverted
          web2    failed, did not confirm that it was reverted
          worker  reverted
        deploy of 20261120-131502-abc1234 "Fix the form" failed in switch after 0.92 s: """
        """the hosts are reverted, but web1, web2 did not confirm it
          → A host that does not hear from us for half a minute reverts itself. Look: fab status --hosts=web1,web2
        """)  # fmt: skip


def test_the_advice_follows_the_cause_and_not_the_step() -> None:
    tail = deque(['  File "/srv/x/app/main.py", line 3, in <module>', "ModuleNotFoundError: No module named 'yaml'"])
    for step in ("config", "boot", "static", "migrate"):
        said = told(outcome(failed("web1", "prepare", Result(1, step, "", "", tail)), until="prepare"))
        assert "add PyYAML to the app's requirements" in said
        assert "templates" not in said


def test_what_says_itself_what_to_change_gets_no_other_advice() -> None:
    tail = deque(["If it lies in the source, name its folder in linked_dirs of the inventory."])
    said = told(outcome(failed("web1", "prepare", Result(1, "static", "", "x", tail)), until="prepare"))
    assert "→" not in said


def test_an_interruption_says_what_was_done_about_it() -> None:
    hosts = [put_back("web1"), put_back("web2"), untouched("worker")]
    assert told(outcome(*hosts, until="boot", interrupted=True)) == words("""
          web1    reverted
          web2    reverted
          worker  untouched
        deploy of 20261120-131502-abc1234 "Fix the form" interrupted in boot after 0.92 s: """
        """every host serves what it served before
          → Run the same command again when you like: fab deploy begins anew.
        """)  # fmt: skip


def test_a_failure_after_the_decision_takes_nothing_back() -> None:
    result = Result(1, "prune", "rm -rf /srv/hello/releases/1")
    assert told(outcome(failed("web2", "finish", result, undone=None))) == words("""
        error: web2: failed to delete old releases
          in:        Finish, step prune (delete old releases)
          command:   rm -rf /srv/hello/releases/1
          exit code: 1

          web1    ok
          web2    failed
          worker  ok
        deploy of 20261120-131502-abc1234 "Fix the form" failed in finish after 0.92 s: """
        """it is in effect on all hosts; only what comes last is not complete
          → The next deploy does what is left to do.
        """)  # fmt: skip


def test_many_hosts_are_grouped_by_what_became_of_them() -> None:
    names = [f"web{number:02}" for number in range(1, 41)]
    hosts = {name: put_back(name) for name in names}
    hosts["web07"] = failed("web07", "boot", Result(1, "boot", "false"))
    many = Outcome("deploy", hosts, {"boot": 1.0}, {}, 1.5)
    lines = report(many, Headings(deploy(*names)))
    assert f"  reverted: 39 hosts ({', '.join(name for name in names if name != 'web07')})" in lines
    assert "  failed, reverted: 1 host (web07)" in lines
    assert len(lines) == 9


def test_verbose_adds_how_long_each_step_took_and_where() -> None:
    done = outcome()
    done.steps = {"web1": {"survey": 0.04, "venv": 0.1, "code": 0.05}, "web2": {"survey": 0.03, "venv": 0.35}}
    lines = told(done, verbose=True).splitlines()
    assert (
        lines[4:13]
        == words("""
        phase               seconds  share  slowest
        connect                0.12   13 %
        survey                 0.05    5 %
          look at the host     0.04         web1
        prepare                0.40   43 %
          send the code        0.05         web1
          build the venv       0.35         web2
        migrate                0.00    0 %
        boot                   0.25   27 %
        """).splitlines()
    )


def test_a_very_long_command_is_cut_in_the_middle() -> None:
    result = Result(1, "code", f"begin {'x' * 5000} end")
    (line,) = [line for line in told(outcome(failed("web1", "prepare", result))).splitlines() if "command:" in line]
    assert len(line) < 350
    assert line.startswith("  command:   begin x")
    assert line.endswith("x end")


def test_a_long_subject_is_cut() -> None:
    about = Headings(deploy("web1"), "1", "word " * 40)
    assert about.what == f'deploy of 1 "{("word " * 40)[:57]}..."'


@pytest.mark.parametrize("verbose", [False, True])
def test_colours_change_nothing_but_colours(verbose: bool) -> None:
    hosts = [put_back("web1"), failed("web2", "boot", Result(1, "boot", "false")), untouched("worker")]
    for one in (outcome(), outcome(*hosts, until="boot"), outcome(*hosts, interrupted=True)):
        plain = report(one, ABOUT, verbose=verbose)
        painted = report(one, ABOUT, style=Style(colour=True), verbose=verbose)
        assert painted != plain
        assert [PAINT.sub("", line).rstrip() for line in painted] == plain


def test_ascii_is_enough_where_there_is_no_more() -> None:
    hosts = [put_back("web1"), failed("web2", "boot", Result(1, "boot", "false"))]
    for one in (outcome(), outcome(*hosts)):
        assert "\n".join(report(one, ABOUT, style=Style(unicode=False))).isascii()
