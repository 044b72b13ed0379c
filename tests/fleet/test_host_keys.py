"""Lines of known_hosts that are not simply a host and its key."""

from __future__ import annotations

import paramiko
import pytest

from tests.fleet.sshd import ADDRESS, Sshd, make_key
from tests.fleet.test_ssh_connect import connected, public, refusal

BROKEN = """@cert-authority *.example.org ssh-ed25519 {other} a CA
@revoked * ssh-ed25519 {other} stolen
@revoked
garbage
* ssh-ed25519 not-base64!
[{name}]:{port} ssh-ed25519 AAAA
[{name}]:{port} no-such-type AAAAC3NzaC1lZDI1NTE5AAAAIA==
|1|broken|hash ssh-ed25519 {other}
"""


def test_lines_that_cannot_be_used_do_not_keep_others_from_being_used(server: Sshd) -> None:
    other = public(make_key(server.folder / "other")).split()[1]
    lines = BROKEN.format(other=other, name=ADDRESS, port=server.port)
    server.known_hosts.write_bytes(
        b"\xff\xfe latin ssh-ed25519\n" + f"{lines}[{ADDRESS}]:{server.port}   {public(server.key)}\n".encode()
    )
    with connected(server.host(host_keys="refuse")):
        pass


def test_a_hashed_name_is_known(server: Sshd) -> None:
    name = paramiko.HostKeys.hash_host(f"[{ADDRESS}]:{server.port}")
    server.known_hosts.write_text(f"{name} {public(server.key)}\n")
    with connected(server.host(host_keys="refuse")):
        pass


@pytest.mark.parametrize("known", [True, False])
def test_a_revoked_key_is_refused(server: Sshd, known: bool) -> None:
    before = f"@revoked * {public(server.key)}\n"
    if known:
        before += f"[{ADDRESS}]:{server.port} {public(server.key)}\n"
    server.known_hosts.write_text(before)
    assert "is marked as @revoked in known_hosts; not connecting" in refusal(server.host()).message
    assert server.known_hosts.read_text() == before
