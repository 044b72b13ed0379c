from __future__ import annotations

from pathlib import Path

import pytest

from slipway.core.errors import SlipwayError
from slipway.lab import ssh_keys
from slipway.lab.host_addresses import HostAddress


def test_the_lab_keeps_its_key_and_replaces_half_a_pair(tmp_path: Path) -> None:
    path = ssh_keys.make_identity(tmp_path)
    first = path.read_bytes()
    assert ssh_keys.make_identity(tmp_path).read_bytes() == first
    assert path.stat().st_mode & 0o777 == 0o600
    path.with_suffix(".pub").unlink()
    assert ssh_keys.make_identity(tmp_path).read_bytes() != first
    assert path.with_suffix(".pub").read_text().startswith("ssh-ed25519 ")


def test_a_hosts_own_key_leaves_nothing_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    private, public = ssh_keys.host_pair("lab1")
    assert private.startswith(b"-----BEGIN OPENSSH PRIVATE KEY-----")
    assert public.endswith(b"root@lab1\n")
    assert list(tmp_path.iterdir()) == []


def test_known_hosts_names_a_port_only_where_it_is_not_22() -> None:
    assert ssh_keys.known_hosts_line("127.0.1.1", 22, "ssh-ed25519 AAAA root@lab1\n") == "127.0.1.1 ssh-ed25519 AAAA"
    assert ssh_keys.known_hosts_line("127.0.0.1", 2201, "ssh-ed25519 AAAA") == "[127.0.0.1]:2201 ssh-ed25519 AAAA"
    with pytest.raises(SlipwayError, match="cannot be read"):
        ssh_keys.known_hosts_line("127.0.1.1", 22, "")


def test_known_hosts_holds_what_the_hosts_said(tmp_path: Path) -> None:
    endpoints = {"lab1": HostAddress("127.0.1.1", 22, 80), "lab2": HostAddress("127.0.1.2", 22, 80)}
    path = ssh_keys.write_known_hosts(tmp_path, {"lab2": "ssh-ed25519 B b", "lab1": "ssh-ed25519 A a"}, endpoints)
    assert path.read_text() == "127.0.1.1 ssh-ed25519 A\n127.0.1.2 ssh-ed25519 B\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["known_hosts"]


def test_ssh_asks_nobody_and_trusts_nothing_but_the_labs_own_keys() -> None:
    argv = ssh_keys.ssh_argv(HostAddress("127.0.1.1", 22, 80), "root", Path("/x/.lab"), ["true"])
    assert " ".join(argv) == (
        "ssh -F /dev/null -i /x/.lab/id_ed25519 -p 22 -o BatchMode=yes -o ConnectTimeout=5 -o IdentitiesOnly=yes"
        " -o IdentityAgent=none -o LogLevel=ERROR -o StrictHostKeyChecking=yes"
        " -o UserKnownHostsFile=/x/.lab/known_hosts -o GlobalKnownHostsFile=/dev/null root@127.0.1.1 -- true"
    )
