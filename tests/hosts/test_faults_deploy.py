"""The fault table of a deploy: whatever strikes in whichever step, one release answers, and the next deploy works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.faults import plans
from tests.hosts.faults.kinds import kinds
from tests.hosts.faults.plans import Place
from tests.hosts.faults.setup import FaultApps, cases
from tests.hosts.hosts import Hosts

KINDS = kinds()


@pytest.fixture(scope="module")
def fault_apps(new_project: NewProject, hosts: Hosts) -> Iterator[FaultApps]:
    with FaultApps(new_project, hosts, "faulty") as fault_apps:
        yield fault_apps


@pytest.mark.parametrize(("place", "kind"), cases(plans.deploys(), KINDS))
def test_a_fault_in_a_step_of_a_deploy_leaves_one_release(fault_apps: FaultApps, place: Place, kind: str) -> None:
    fault_apps.survive(place, KINDS[kind])
