"""Hosts remember with whom they were deployed to, so that one which leaves the inventory is told."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

from slipway.core.shell import PRELUDE, Script
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.forgotten_hosts import forgotten
from slipway.model.hosts_to_targets import layout_of
from slipway.model.layout import Layout
from slipway.model.rollback_target import RollbackTarget
from slipway.steps import fleet_members
from tests.steps.targets import WHEN


def host(name: str, folder: Path, address: str = "") -> Host:
    return Host(name=name, app=App(name="shop", root=str(folder)), address=address or f"{name}.test")


def run(script: Script) -> str:
    line = ["bash", "-c", f"{PRELUDE}{script}"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=20, check=True)
    return done.stdout.strip().removeprefix("\x01fact fleet ")


def test_every_host_of_a_deploy_is_remembered_until_it_is_forgotten(tmp_path: Path) -> None:
    web1, web2, web3 = (host(name, tmp_path) for name in ("web1", "web2", "web3"))
    layout = layout_of(web1)
    Path(layout.base).mkdir()
    place = RollbackTarget(web1, "id", "left", "me", WHEN)
    assert run(fleet_members.report(layout)) == ""
    run(fleet_members.remember(place, [web1, web2, web3]).script)
    run(fleet_members.remember(place, [web1, web2]).script)
    told = run(fleet_members.report(layout))
    assert told == "web1=web1.test web2=web2.test web3=web3.test"
    assert forgotten([told], [web1, web2]) == ["web3"]
    assert forgotten([told], [web1, web2, host("renamed", tmp_path, "web3.test")]) == []
    run(fleet_members.forget(layout, ["web3"]).script)
    assert run(fleet_members.report(layout)) == "web1=web1.test web2=web2.test"


def test_what_is_no_name_of_a_host_is_passed_over() -> None:
    assert forgotten(["\x1b[2J=evil web9", "a=b;c", ""], []) == []
    assert fleet_members.forget(Layout(PurePosixPath("/srv/shop")), ["a.b"]).script.text.count(r"a\.b") == 1
