"""Every script of a deploy and of a rollback, word for word, and accepted by bash."""

from __future__ import annotations

import subprocess

import pytest
from msgspec.structs import replace

from slipway.core.shell import PRELUDE
from slipway.model.restart_target import RunningRelease
from slipway.model.rollback_target import RollbackTarget
from slipway.model.step import Plan, Step
from slipway.operations import plans, processes, read_and_store_settings
from slipway.operations.maintenance import close_plan, open_plan
from slipway.steps.maintenance_page import MaintenancePage
from tests.steps.golden import check, folded
from tests.steps.targets import WHEN, target

DEPLOY = plans.deploy([replace(target(), overrides=b'{"env": "k3pt"}\n')])
BACK = RollbackTarget(
    target().host,
    "20261119-090000-bbb2222",
    "20261120-131502-abc1234",
    "ann@laptop",
    WHEN,
    {"default": ["shop.0002_more"]},
)
ROLLBACK = plans.rollback([BACK])
RESTART = processes.restart(
    [RunningRelease("restart", target().host, target().release.id, ("web",), "ann@laptop", WHEN)]
)
CLOSING = MaintenancePage(
    "20261120-131502-1f3a", "ann@laptop", WHEN, "New shelves.", 600, ("127.0.0.1",), (), ("127.0.0.1",)
)
CLOSE = close_plan([target().host], CLOSING)
OPEN = open_plan([target().host], "ann@laptop", WHEN)


def steps(plan: Plan) -> list[Step]:
    return [step for phase in plan.phases for each in phase.steps.values() for step in each]


HALTS = [RunningRelease(name, target().host, "", ("web", "mails"), "ann@laptop", WHEN) for name in ("stop", "start")]
PLANS = {
    "deploy": DEPLOY, "rollback": ROLLBACK, "restart": RESTART, "maintenance-on": CLOSE, "maintenance-off": OPEN,
}  # fmt: skip
ALL = [(operation, step) for operation, made in PLANS.items() for step in steps(made)]
SETTINGS = [
    read_and_store_settings.read([target().host]),
    read_and_store_settings.keep_first({target().host: b"k3pt"}, {"operation": "env.set"}),
]
ALL += [("settings", step) for made in SETTINGS for step in steps(made)]
ALL += [
    ("stop-start", step) for made in (processes.stop(HALTS[:1]), processes.start(HALTS[1:])) for step in steps(made)
]
NAMES = [f"{operation}-{step.name}" for operation, step in ALL]


@pytest.mark.parametrize(("operation", "step"), ALL, ids=NAMES)
def test_a_script_says_what_it_said(operation: str, step: Step) -> None:
    check(f"steps/{operation}-{step.name}.sh", f"{folded(step.script.text)}\n")


@pytest.mark.parametrize(("operation", "step"), ALL, ids=NAMES)
def test_bash_can_read_a_script(operation: str, step: Step) -> None:
    done = subprocess.run(["bash", "-n"], input=f"{PRELUDE}{step.script}", text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_secret_is_in_any_script() -> None:
    assert not [step.name for step in steps(DEPLOY) if "s3cr3t" in step.script.text or "k3pt" in step.script.text]


def test_a_secret_travels_as_payload_only_and_is_not_shown() -> None:
    env = next(step for step in steps(DEPLOY) if step.name == "env")
    assert env.payload is not None
    assert b"s3cr3t" in env.payload({})
    assert "s3cr3t" not in repr(env) and "s3cr3t" not in repr(target())
    kept = next(step for step in steps(DEPLOY) if step.name == "overrides")
    assert kept.payload is not None
    assert kept.payload({}) == b'{"env": "k3pt"}\n'
    assert "k3pt" not in repr(DEPLOY)


def test_steps_have_names_of_their_own_within_a_plan() -> None:
    for made in PLANS.values():
        names = [step.name for step in steps(made)]
        assert len(names) == len(set(names))
