"""The control machine in trouble: pressed keys, signals, and its death at the worst moment."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.faults import plans
from tests.hosts.faults.kinds import Kind, begin, kinds, strike
from tests.hosts.faults.plans import ON, TINY
from tests.hosts.faults.setup import prepared
from tests.hosts.faults.table import await_peace, current_settings, deploy, on_all
from tests.hosts.faults.visitors import SteadyVisitors
from tests.hosts.project import Project, wait

PLACES = {place.step: place for place in reversed(plans.deploys()) if not place.words}
SEED = random.randrange(1000)
# What a host has made of a decision that it may still have to read.
AGREED = """
for try in {1..100}; do [[ -e undo ]] || break; sleep 0.1; done
[[ ! -e undo.aside ]] || echo agreed
basename "$(readlink current)"
"""


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    return prepared(new_project, "orphaned")


@pytest.fixture(scope="module")
def visitors(project: Project) -> Iterator[SteadyVisitors]:
    with SteadyVisitors(project) as visitors:
        yield visitors


def heals(project: Project) -> None:
    newest = project.say(f"again {time.time_ns()}")
    deploy(project)
    assert await_peace(project).endswith(newest[:7])


def pressed(*numbers: int) -> Kind:
    """Fab gets these signals, one after the other, while the step runs on every host."""

    def press(project: Project, host: str, process: subprocess.Popen[str]) -> None:
        for number in numbers:
            process.send_signal(number)
            time.sleep(0.3)

    return replace(kinds()["interrupt"], act=press, silence=5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_ends_it_in_good_order(project: Project, visitors: SteadyVisitors, number: int) -> None:
    with visitors.nobody_is_lost():
        old = current_settings(project)
        project.say(f"ended by {number}")
        run = strike(pressed(number), PLACES["verify"], project)
        assert run.code == 130
        assert "lab1  reverted" in run.err and "lab2  reverted" in run.err
        assert await_peace(project) == old
        heals(project)


@pytest.mark.parametrize("step", ["code", "boot", "verify", "retire"])
def test_two_signals_end_it_at_once_and_the_hosts_put_themselves_right(
    project: Project, visitors: SteadyVisitors, step: str
) -> None:
    stubborn = replace(pressed(signal.SIGINT, signal.SIGINT), script=f"trap '' TERM\n{kinds()['interrupt'].script}")
    with visitors.nobody_is_lost():
        old = current_settings(project)
        project.say(f"ended twice at {step}")
        began = time.monotonic()
        run = strike(stubborn, PLACES[step], project)
        assert run.code == 130
        assert time.monotonic() - began < 15
        became = await_peace(project)
        assert (became == old) != PLACES[step].decided
        heals(project)


@pytest.mark.parametrize("number", range(3))
def test_a_client_that_dies_at_the_decision_leaves_all_hosts_with_the_same(
    project: Project, visitors: SteadyVisitors, number: int
) -> None:
    """It dies as soon as the first host has said that it agrees: by then all of them have been told."""
    kind = replace(kinds()["die"], script='fact struck "$HOSTNAME"', everywhere=False)
    with visitors.nobody_is_lost():
        newest = project.say(f"dies at the decision {number}")
        strike(kind, replace(PLACES["commit"], hosts=("lab1",)), project)
        agreed = on_all(project, AGREED)
        assert [set(said.split()) for said in agreed] == [{"agreed", current_settings(project)}] * len(ON)
        assert current_settings(project).endswith(newest[:7])
        heals(project)


@pytest.mark.parametrize("number", range(4))
def test_a_client_that_dies_at_any_moment_leaves_all_hosts_with_the_same(
    project: Project, visitors: SteadyVisitors, number: int
) -> None:
    after = random.Random(SEED + number).uniform(0.3, 2.5)
    with visitors.nobody_is_lost():
        project.say(f"dies after {after:.2f} s, seed {SEED}")
        process = begin(replace(kinds()["die"], script=":"), replace(PLACES["commit"], step=""), project)
        time.sleep(after)
        process.kill()
        wait(process)
        await_peace(project)
        heals(project)


@pytest.mark.parametrize("step", ["venv", "boot", "verify"])
@pytest.mark.parametrize("name", ["die", "fail"])
def test_a_first_deploy_that_fails_leaves_nothing_and_the_next_one_works(
    new_project: NewProject, step: str, name: str
) -> None:
    project = new_project(f"first-{step}-{name}", "tiny", ON, **{**TINY, "uploads": None})
    strike(kinds()[name], PLACES[step], project)
    on_all(project, "timeout 20 flock lock true")
    left = on_all(
        project, "ls -d releases/* env/* supervisor.d/* static/* venvs/*/.complete current standby undo* || true"
    )
    assert not [line for said in left for line in said.splitlines() if not line.startswith("venvs/")]
    deploy(project)
    await_peace(project)
