"""The fault table of a deploy: whatever strikes in whichever step, one release answers, and the next deploy works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.faults import plans
from tests.hosts.faults.kinds import kinds
from tests.hosts.faults.plans import Place
from tests.hosts.faults.setup import Ground, cases
from tests.hosts.hosts import Hosts

KINDS = kinds()


@pytest.fixture(scope="module")
def ground(new_project: NewProject, hosts: Hosts) -> Iterator[Ground]:
    with Ground(new_project, hosts, "faulty") as ground:
        yield ground


@pytest.mark.parametrize(("place", "kind"), cases(plans.deploys(), KINDS))
def test_a_fault_in_a_step_of_a_deploy_leaves_one_release_and_no_trace(ground: Ground, place: Place, kind: str) -> None:
    ground.survive(place, KINDS[kind])
