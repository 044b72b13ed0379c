"""Makes the fault table from the steps of the real plans, so that a new step is in it automatically."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

from slipway.inventory import Host, load
from slipway.lab.state import LabHost, save_state
from slipway.model.hosts_to_targets import targets
from slipway.model.rollback_target import RollbackTarget
from slipway.model.step import Plan
from slipway.model.switch_groups import Strategy
from slipway.operations import plans as plan
from tests.hosts.hosts import Hosts
from tests.hosts.project import Project

ON = ("lab1", "lab2")
# Everything that gives an app of nothing but Python a step of its own.
TINY: dict[str, Any] = {
    "migrate": "python -c 'print(1)'",
    "linked_dirs": ["data"],
    "uploads": ["built"],
    "processes": {"work": "python worker.py"},
    "health": "/healthz",
    "gunicorn": {"threads": 4},
    "keep": 3,
}
BUILT = "built/page.css"
ROLLING = ("--strategy=rolling", "--batch=1")


@dataclass(frozen=True)
class Place:
    """Where in an operation a fault strikes.

    Attributes:
        operation: what the user types: `deploy` or `rollback`. words: and what else.
        hosts: those that have the step in this phase.
        decided: the phase comes after the decision, so that what is new stays.
        now: what has arrived is done, see `Phase.now`.
    """

    operation: str
    phase: str
    step: str
    hosts: tuple[str, ...]
    decided: bool
    words: tuple[str, ...] = ()
    now: bool = False

    @property
    def id(self) -> str:
        return f"{self.phase}-{self.step}"

    @property
    def victim(self) -> str:
        """The host that a fault of one host strikes."""
        return self.hosts[-1]


def deploys() -> list[Place]:
    """Every step of a deploy, and those that switching in batches adds to it."""
    _, parts = _example("tiny")
    atomic = list(_places("deploy", [plan.deploy(parts, again=False)]))
    rolling = _places("deploy", [plan.deploy(parts, Strategy("rolling", "1"), again=False)], ROLLING)
    seen = {place.phase for place in atomic}
    return [*atomic, *(place for place in rolling if place.phase not in seen)]


def django_deploys() -> list[Place]:
    """The steps that only a Django app has."""
    _, parts = _example("hello")
    seen = {place.step for place in deploys()}
    return [place for place in _places("deploy", [plan.deploy(parts, again=False)]) if place.step not in seen]


def rollbacks() -> list[Place]:
    """Every step of a rollback."""
    hosts, _ = _example("tiny")
    now = datetime.now(timezone.utc)
    backs = [
        RollbackTarget(host, "20260102-000000-bbbbbbb", "20260101-000000-aaaaaaa", "me@here", now) for host in hosts
    ]
    return list(_places("rollback", [plan.look_for_candidates(hosts), plan.rollback(backs)]))


def _places(operation: str, plans: Iterable[Plan], words: tuple[str, ...] = ()) -> Iterator[Place]:
    for phase in (phase for each in plans for phase in each.phases):
        names = dict.fromkeys(step.name for steps in phase.steps.values() for step in steps)
        for name in names:
            hosts = [host for host, steps in phase.steps.items() if name in {step.name for step in steps}]
            yield Place(operation, phase.name, name, tuple(hosts), phase.final, words, phase.now)


@cache
def _example(app: str) -> tuple[list[Host], Any]:
    """Hosts and targets of an app on a lab that does not exist: enough for making plans."""
    with tempfile.TemporaryDirectory() as folder:
        made = Hosts(Path(folder, "lab"), {name: _lab_host(name, number) for number, name in enumerate(ON, 1)})
        made.folder.mkdir()
        save_state(made.folder, list(made.hosts.values()))
        place = Path(folder, "project")
        place.mkdir()
        project = Project(made, place, app, app, ON, **(TINY if app == "tiny" else {}))
        if app == "tiny":
            build(project)
        inventory = load(place / "inventory.toml")
        hosts = inventory.select("")
        return hosts, targets(hosts)


def build(project: Project) -> None:
    """Make the file that git ignores and that a deploy sends."""
    project.edit(".gitignore", "built/\n")
    project.write(BUILT, "body { color: black }\n")


def _lab_host(name: str, number: int) -> LabHost:
    return LabHost(name, f"127.0.99.{number}", 22, 80, "root", "/dev/null", "/dev/null", "podman")
