"""A lab of three hosts for each worker of pytest-xdist, and projects to deploy to it."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests import kernel_protects_links
from tests.hosts import hosts as lab
from tests.hosts import journals
from tests.hosts.hosts import Hosts
from tests.hosts.project import Project

ENGINE = pytest.StashKey[str]()
SECONDS = 900  # the first test may have to wait for an image that is made


class NewProject(Protocol):
    """Makes a project and provisions its hosts."""

    def __call__(self, name: str, app: str | Path = ..., on: tuple[str, ...] = ..., **settings: Any) -> Project: ...


@pytest.fixture(scope="session")
def hosts(request: pytest.FixtureRequest) -> Iterator[Hosts]:
    """Three hosts, made once; gone at the end, whatever happens."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    made = lab.make(int(worker.removeprefix("gw") or 0))
    said = made.fallback and f"host tests ran WITHOUT CONTAINERS, on hosts without root: {made.fallback}"
    if worker:
        request.config.workeroutput["slipway_engine"] = said  # type: ignore[attr-defined]
    else:
        request.config.stash[ENGINE] = said
    try:
        yield made
    finally:
        lab.remove(made)


@pytest.fixture(scope="module")
def new_project(hosts: Hosts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewProject]:
    """Make projects on the lab; they are taken off the hosts after the module."""
    made: list[Project] = []

    def make(name: str, app: str | Path = "tiny", on: tuple[str, ...] = ("lab1",), **settings: Any) -> Project:
        project = Project(hosts, tmp_path_factory.mktemp(name), name, app, on, **settings)
        made.append(project)
        project.provision()
        return project

    yield make
    for project in made:
        project.remove()


@pytest.fixture
def needs_root(hosts: Hosts) -> None:
    """Skip what only a host with root can have: accounts, a systemd unit, an nginx of its own."""
    if hosts.rootless:
        pytest.skip("the hosts have no root")


@pytest.fixture
def links_protected(needs_root: None) -> None:
    """Have the kernel protect links: a lab's hosts have that of this machine."""
    kernel_protects_links.demand()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give host tests more time than others."""
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SECONDS))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the journals of the hosts when a test fails."""
    report = yield
    made = getattr(item, "funcargs", {}).get("hosts")
    if report.failed and isinstance(made, Hosts) and not made.rootless:
        report.sections += journals.keep(made, item.nodeid, call.start)
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear from a worker of pytest-xdist what its hosts ran on."""
    said = getattr(node, "workeroutput", {}).get("slipway_engine", "")
    if said:
        node.config.stash[ENGINE] = said


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say loudly that the hosts were no containers."""
    said = config.stash.get(ENGINE, "")
    if said:
        terminalreporter.write_sep("!", "no containers", yellow=True, bold=True)
        terminalreporter.write_line(said, yellow=True)
