"""The report of an operation in which each host is on its own."""

from __future__ import annotations

from textwrap import dedent

from slipway.model.outcome import HostOutcome, Outcome, Result
from slipway.output.operation_words import Headings
from slipway.output.outcome_report import report
from tests.output.plans import provision

HOSTS = ("web1", "web2", "worker")
ABOUT = Headings(provision(*HOSTS))
STEPS = {"": 0.1, "packages": 1.0, "accounts": 0.2, "nginx": 0.2}


def outcome(*hosts: HostOutcome) -> Outcome:
    given = {host.host: host for host in hosts}
    every = {name: given.get(name, HostOutcome(name)) for name in HOSTS}
    return Outcome("provision", every, {"connect": 0.3, "provision": 2.7}, dict.fromkeys(HOSTS, STEPS), 3.0)


def words(text: str) -> str:
    return dedent(text).strip("\n")


def test_a_run_that_changed_nothing_says_so() -> None:
    assert "\n".join(report(outcome(), ABOUT)) == words("""
          web1    ok=3    changed=0    failed=0    unreachable=0
          web2    ok=3    changed=0    failed=0    unreachable=0
          worker  ok=3    changed=0    failed=0    unreachable=0
        provision done, nothing to change on 3 hosts in 3.00 s
        """)


def test_changes_are_counted_and_named_when_verbose() -> None:
    changed = HostOutcome("web2", changed=["account deploy", "sudo rule"])
    assert report(outcome(changed), ABOUT)[1] == "  web2    ok=3    changed=2    failed=0    unreachable=0"
    lines = report(outcome(changed), ABOUT, verbose=True)
    assert lines[1:4] == [
        "  web2    ok=3    changed=2    failed=0    unreachable=0",
        "            changed: account deploy",
        "            changed: sudo rule",
    ]
    assert lines[-1].startswith("provision done, 2 changes on 1 of 3 hosts in 3.00 s")


def test_a_host_that_fails_does_not_hide_the_others() -> None:
    failed = HostOutcome("web2", "failed", "provision", Result(100, "nginx", "apt-get install -y nginx"))
    away = HostOutcome("worker", "unreachable", "connect", message="worker: no route to host", hint="Check it.")
    made = outcome(failed, away)
    del made.steps["worker"]
    assert "\n".join(report(made, ABOUT)) == words("""
        error: web2: failed to set up nginx
          in:        Make the hosts ready, step nginx (set up nginx)
          command:   apt-get install -y nginx
          exit code: 100

        error: worker: no route to host

          web1    ok=3    changed=0    failed=0    unreachable=0
          web2    ok=2    changed=0    failed=1    unreachable=0
          worker  ok=0    changed=0    failed=0    unreachable=1
        provision failed in connect, provision after 3.00 s: 1 of 3 hosts ok
          → Fix it, and run fab provision again; --verbose shows each step and all output.
        """)
