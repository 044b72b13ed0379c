"""Sets up apps with visitors for the cases of the fault table, and says which cases always run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.faults import plans
from tests.hosts.faults.disks import small_disks
from tests.hosts.faults.kinds import Kind
from tests.hosts.faults.plans import ON, TINY, Place
from tests.hosts.faults.table import survive
from tests.hosts.faults.visitors import SteadyVisitors
from tests.hosts.hosts import Hosts
from tests.hosts.project import Project

Pair = tuple[Project, SteadyVisitors]


class FaultApps:
    """Makes an app with visitors when the first case needs it: one for most faults, one on small disks.

    Args:
        name: what the apps are called, with a number.
    """

    def __init__(self, new_project: NewProject, hosts: Hosts, name: str, app: str = "tiny") -> None:
        self._new, self._hosts, self._name, self._app = new_project, hosts, name, app
        self._made: dict[bool, Pair] = {}
        self._count = 0
        self._stack = ExitStack()

    def __enter__(self) -> FaultApps:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def of(self, kind: Kind) -> Pair:
        """The app and the visitors for a kind of fault; new ones, after a case that has gone wrong."""
        if kind.small not in self._made:
            self._made[kind.small] = self._make(kind.small)
        return self._made[kind.small]

    def survive(self, place: Place, kind: Kind) -> None:
        """Run one case."""
        pair = self.of(kind)
        del self._made[kind.small]
        survive(*pair, place, kind)
        self._made[kind.small] = pair

    def _make(self, small: bool) -> Pair:
        self._count += 1
        name = f"{self._name}{self._count}"
        if small:
            self._stack.enter_context(small_disks(self._hosts, ON, f"/srv/{name}"))
        project = prepared(self._new, name, self._app)
        return project, self._stack.enter_context(SteadyVisitors(project))


def prepared(new_project: NewProject, name: str, app: str = "tiny") -> Project:
    """A project with everything that makes steps, two releases on its hosts."""
    settings: dict[str, Any] = {**TINY, "uploads": None} if app == "tiny" else {}
    project = new_project(name, app, ON, **settings)
    plans.build(project)
    project.configure(uploads=TINY["uploads"])
    for text in ("first", "second"):
        project.say(text)
        project.deploy()
    return project


def cases(places: Sequence[Place], kinds: Mapping[str, Kind]) -> list[Any]:
    """Every kind at every place. What runs always: each place with one kind, all kinds in turn.

    Small disks come last: they do not outlive a restart of the host.
    """
    names, made = list(kinds), []
    for number, place in enumerate(places):
        for name in names:
            always = name == names[number % len(names)]
            marks = () if always else (pytest.mark.slow_faults,)
            made.append(pytest.param(place, name, id=f"{place.id}-{name}", marks=marks))
    return sorted(made, key=lambda case: kinds[case.values[1]].small)
