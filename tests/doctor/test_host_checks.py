"""What hosts report becomes findings; a check that fails has a remedy."""

from __future__ import annotations

import json
import time

import pytest

from slipway.doctor.host_checks import findings
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.outcome import HostOutcome

HOST = Host(name="web1", app=App(name="shop", domains=("shop.test",)), address="192.0.2.1")
SYSTEM = [{"check": "disk space", "level": "ok", "told": "much", "remedy": ""}]


def told(**facts: str) -> dict[str, tuple[str, str]]:
    """Level and text by check."""
    given = {"system": json.dumps(SYSTEM), "clock": str(time.time()), "uv": "uv 1", "index": "", "sudo": "",
             "leftovers": "0", **facts}  # fmt: skip
    outcome = HostOutcome("web1", facts={name: value for name, value in given.items() if value != "none"})
    found = list(findings(HOST, outcome))
    assert all(one.remedy for one in found if one.level != "ok")
    return {one.check: (one.level, one.told) for one in found}


def test_a_host_that_is_well_passes_every_check() -> None:
    assert {level for level, _ in told().values()} == {"ok"}


@pytest.mark.parametrize(
    ("facts", "check", "level"),
    [
        ({"clock": str(time.time() - 100)}, "time", "warning"),
        ({"clock": "nonsense"}, "system", "failed"),
        ({"system": '[{"check": "disk"}]'}, "system", "failed"),
        ({"index": "error: no route to host"}, "package index", "failed"),
        ({"sudo": "a password is required"}, "sudo", "failed"),
        ({"leftovers": "2"}, "leftovers", "warning"),
        ({"uv": "none"}, "provisioned", "failed"),
    ],
)
def test_each_trouble_is_told(facts: dict[str, str], check: str, level: str) -> None:
    assert told(**facts)[check][0] == level


def test_a_host_that_cannot_be_reached_has_one_finding() -> None:
    lost = HostOutcome("web1", "unreachable", message="no route to host", hint="Is it on?")
    assert [(one.check, one.level, one.told, one.remedy) for one in findings(HOST, lost)] == [
        ("ssh", "failed", "no route to host", "Is it on?")
    ]
