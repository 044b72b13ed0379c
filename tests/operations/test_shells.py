"""Shells: the same connection as the fleet's, and commands that any login shell takes."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import msgspec
import pytest

from slipway.inventory import Host
from slipway.operations import shells
from tests.steps.targets import target

HOST = target().host


def with_(**settings: object) -> Host:
    return msgspec.structs.replace(HOST, **settings)


def resolved(host: Host) -> dict[str, str]:
    """What OpenSSH makes of the words; it contacts nobody."""
    words = shells.client(host, tty=True)
    done = subprocess.run([words[0], "-G", *words[1:]], text=True, capture_output=True, check=True)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


def test_ssh_is_told_what_the_fleet_knows(tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    host = with_(port=2222, identity=tmp_path / "key", known_hosts=tmp_path / "known 100% hosts")
    known = resolved(host)
    assert (known["user"], known["port"], known["hostname"]) == ("deploy", "2222", "web1.example.org")
    assert known["identityfile"] == str(tmp_path / "key")
    assert "known 100% hosts" in known["userknownhostsfile"]
    assert known["stricthostkeychecking"] == "accept-new"
    assert resolved(with_(host_keys="refuse"))["stricthostkeychecking"] in ("true", "yes")


@pytest.mark.parametrize(
    ("gateway", "words"),
    [
        ("jump.example.org", ["jump.example.org"]),
        ("ann@jump.example.org:2200", ["-p", "2200", "-l", "ann", "jump.example.org"]),
        ("[2001:db8::1]:2200", ["-p", "2200", "2001:db8::1"]),
        ("2001:db8::1", ["2001:db8::1"]),
    ],
)
def test_a_gateway_gets_the_same_key_and_known_hosts(tmp_path: Path, gateway: str, words: list[str]) -> None:
    host = with_(gateway=gateway, identity=tmp_path / "key")
    proxy = shlex.split(resolved(host)["proxycommand"])
    assert proxy[0] == "ssh" and str(tmp_path / "key") in proxy
    assert proxy[proxy.index("-W") + 2 :] == words


@pytest.mark.parametrize("tty", [True, False])
@pytest.mark.parametrize("make", [shells.shell, shells.console])
def test_what_runs_there_is_one_line_of_sh(make: object, tty: bool) -> None:
    assert callable(make)
    words = shlex.split(make(HOST, tty))
    assert words[:2] == ["sh", "-c"] and len(words) == 3
    assert subprocess.run(["sh", "-n", "-c", words[2]], check=False).returncode == 0
    assert "s3cr3t" not in words[2]
    assert 'exec sudo -n -u shop -- "$release/conf/run"' in words[2]


def test_before_the_first_deploy_it_says_what_to_do(tmp_path: Path) -> None:
    host = with_(app=msgspec.structs.replace(HOST.app, root=str(tmp_path)))
    done = subprocess.run(["sh", "-c", shells.shell(host, False)], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (
        1, "error: web1: nothing has been deployed here yet: run `fab deploy` first\n"
    )  # fmt: skip
