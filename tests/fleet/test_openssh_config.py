"""ssh_config with Include and Match: OpenSSH says what it means, and only where that is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.fleet import openssh_config
from slipway.fleet.openssh_config import resolved
from tests.fleet.sshd import ADDRESS, Sshd
from tests.fleet.test_ssh_connect import Servers, connected


def test_include_and_match_of_ssh_config_are_understood(server: Sshd, private_home: Path) -> None:
    folder = private_home / ".ssh"
    folder.mkdir(exist_ok=True)
    (folder / "web.conf").write_text(f"Host web1\n  HostName {ADDRESS}\n  Port {server.port}\n")
    lines = (f"  IdentityFile {server.identity}", f"  UserKnownHostsFile {server.known_hosts}")
    (folder / "config").write_text("\n".join([f"Include {folder}/web.conf", "Match host=web1,127.0.0.1", *lines]))
    plain = server.host(address=None, port=None, identity=None, known_hosts=None, ssh_config=None)
    with connected(plain) as said:
        assert said.split()[3] == str(server.port)
    config = server.ssh_config(f"Include {folder}/web.conf", f"Match user={server.user}", *lines)
    with connected(server.host(address=None, port=None, identity=None, known_hosts=None, ssh_config=config)) as said:
        assert said.split()[3] == str(server.port)


def test_jump_hosts_of_an_included_file_are_resolved_too(server: Sshd, servers: Servers, tmp_path: Path) -> None:
    gateway = servers()
    (tmp_path / "hops.conf").write_text(
        f"Host jump\n  HostName {ADDRESS}\n  Port {gateway.port}\n  IdentityFile {gateway.identity}\n"
        f"Host web1\n  HostName {ADDRESS}\n  Port {server.port}\n  IdentityFile {server.identity}\n  ProxyJump jump\n"
    )
    config = server.ssh_config(f"Include {tmp_path}/hops.conf")
    with connected(server.host(address=None, port=None, identity=None, ssh_config=config)) as said:
        assert said.split()[3] == str(server.port)
        assert gateway.connections()


def test_ssh_is_not_asked_where_paramiko_understands_the_file(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openssh_config, "_ask", lambda *_: pytest.fail("ssh was asked"))
    for lines in (["Host web1", "  Port 22"], [f"Include {tmp_path}/none/*.conf", "Host *"], ["# Match host x"]):
        assert resolved(server.host(ssh_config=server.ssh_config(*lines)), "deploy") is None
