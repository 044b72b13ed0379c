"""Wherever a script acts as the app's user, what that says goes through a program of ours, or nowhere."""

from __future__ import annotations

import re

import pytest

from slipway.model.step import Plan
from slipway.operations import plans, processes
from slipway.operations.parse_typed_command import order
from tests.steps.targets import target
from tests.steps.test_scripts import ALL, steps

HOST = target().host
OTHERS: dict[str, Plan] = {
    "one_off": plans.one_off([HOST], order("true")),
    "tasks": plans.tasks([HOST], 9),
    "task_output": plans.task_output([HOST], "t1", False),
    "task_stop": plans.task_stop([HOST], "t1", "ann"),
    "command": plans.command([HOST], order("true", recorded=False)),
    "records": plans.records([HOST]),
    "ps": processes.ps([HOST]),
    "look_for_candidates": plans.look_for_candidates([HOST]),
    "look_at_current": processes.look_at_current([HOST], "restart"),
    "assignments": processes.assignments([HOST]),
}
SCRIPTS = {
    **{f"{operation}-{step.name}": step.script.text for operation, step in ALL},
    **{f"{name}-{step.name}": step.script.text for name, made in OTHERS.items() for step in steps(made)},
}
AS_APP = f"sudo -n -u {HOST.app.user} --"
# Through a program of ours that passes on no more than was asked for; to nowhere; or the system's own tools, with text
# of ours and without the app's code. Without the nonce none of them can speak as the agent, see `fleet.protocol`.
ALLOWED = re.compile(
    r"\| SLIPWAY_NONCE=\$\{nonce-\} python3 -I -S /dev/fd/3 |2> /dev/null"
    r"|^\s*sudo -n -u \w+ -- (?:ln -sT |bash -c 'set -eu$|python3 -I -S - )"
)


def test_the_scripts_that_are_looked_at_act_as_the_app() -> None:
    acting = {name for name, text in SCRIPTS.items() if AS_APP in text}
    assert {"deploy-static", "deploy-config", "deploy-migrate", "one_off-task", "task_stop-stop"} <= acting


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_the_app_says_goes_through_a_program_of_ours(name: str) -> None:
    lines = [line for line in SCRIPTS[name].splitlines() if AS_APP in line]
    assert [line for line in lines if not ALLOWED.search(line)] == []


def test_no_script_gives_the_nonce_to_the_app() -> None:
    for text in SCRIPTS.values():
        for line in text.splitlines():
            if AS_APP in line:
                assert "nonce" not in line.partition(AS_APP)[2].partition("|")[0]
        assert "export nonce" not in text
