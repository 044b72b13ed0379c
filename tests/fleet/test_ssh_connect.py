"""Connections to a real sshd: which hosts are trusted, how they are found, what is said when it fails."""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from slipway.fleet import ssh_connect as module
from slipway.fleet.ssh_connect import Unreachable, connect, disconnect
from slipway.inventory import Host
from slipway.inventory.host import LAB_UP
from tests.fleet.agent import eventually
from tests.fleet.sshd import ADDRESS, Sshd, children, make_key

Servers = Callable[..., Sshd]


@contextmanager
def connected(host: Host) -> Iterator[str]:
    """What the host says when asked for its connection."""
    connection = connect(host, host.user)
    try:
        yield connection.run("echo $SSH_CONNECTION", hide=True, in_stream=False).stdout
    finally:
        disconnect(connection)


def refusal(host: Host) -> Unreachable:
    """Why it cannot be connected to."""
    with pytest.raises(Unreachable) as caught:
        disconnect(connect(host, host.user))
    return caught.value


def public(key: Path) -> str:
    return " ".join(Path(f"{key}.pub").read_text().split()[:2])


def test_an_unknown_key_is_accepted_and_recorded_once(server: Sshd) -> None:
    for _ in range(2):
        with connected(server.host()) as said:
            assert said.split()[3] == str(server.port)
    assert server.known_hosts.read_text() == f"[{ADDRESS}]:{server.port} {public(server.key)}\n"
    assert stat.S_IMODE(server.known_hosts.stat().st_mode) & 0o022 == 0


def test_many_connections_at_once_record_an_unknown_key_once(server: Sshd) -> None:
    def visit(number: int) -> None:
        with connected(server.host(f"web{number}")):
            pass

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(visit, range(6)))
    assert server.known_hosts.read_text() == f"[{ADDRESS}]:{server.port} {public(server.key)}\n"


def test_a_key_is_recorded_after_a_last_line_without_an_end(server: Sshd) -> None:
    other = f"other.example {public(make_key(server.folder / 'other'))}"
    server.known_hosts.write_text(other)
    with connected(server.host()):
        pass
    assert server.known_hosts.read_text() == f"{other}\n[{ADDRESS}]:{server.port} {public(server.key)}\n"


def test_without_a_setting_keys_go_to_the_users_own_known_hosts(server: Sshd, private_home: Path) -> None:
    with connected(server.host(known_hosts=None)):
        pass
    assert public(server.key) in (private_home / ".ssh" / "known_hosts").read_text()
    assert stat.S_IMODE((private_home / ".ssh").stat().st_mode) == 0o700


def test_an_unknown_key_is_refused_if_so_set(server: Sshd) -> None:
    error = refusal(server.host(host_keys="refuse"))
    assert error.message == f"web1: the host key of {ADDRESS} is not in known_hosts, and host_keys is 'refuse'"
    assert f"ssh-keyscan -p {server.port} {ADDRESS} >> {server.known_hosts}" in error.hint
    assert not server.known_hosts.exists()


def test_a_known_key_is_accepted_where_new_ones_are_refused(server: Sshd) -> None:
    server.known_hosts.write_text(f"[{ADDRESS}]:{server.port} {public(server.key)}\n")
    with connected(server.host(host_keys="refuse")) as said:
        assert said


@pytest.mark.parametrize("policy", ["accept-new", "refuse"])
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_a_changed_key_is_always_refused_with_what_to_do(server: Sshd, policy: str, kind: str) -> None:
    before = f"[{ADDRESS}]:{server.port} {public(make_key(server.folder / 'old', kind))}\n"
    server.known_hosts.write_text(before)
    error = refusal(server.host(host_keys=policy))
    assert error.message == f"web1: the host key of {ADDRESS} has CHANGED; not connecting"
    assert error.hint.endswith(f"ssh-keygen -f {server.known_hosts} -R '[{ADDRESS}]:{server.port}'")
    assert server.known_hosts.read_text() == before


def test_the_advice_for_a_changed_key_names_the_file_that_holds_it(server: Sshd, private_home: Path) -> None:
    second = private_home / ".ssh" / "known_hosts2"
    second.parent.mkdir()
    second.write_text(f"[{ADDRESS}]:{server.port} {public(make_key(server.folder / 'old'))}\n")
    assert f"-f {second} -R" in refusal(server.host(known_hosts=None)).hint


def test_a_host_that_changes_its_key_while_it_is_recorded_is_refused(servers: Servers) -> None:
    from paramiko import BadHostKeyException, Ed25519Key, SSHClient

    from slipway.fleet.host_keys import RecordNewKeys

    server = servers()
    policy = RecordNewKeys(server.known_hosts)
    keys = [Ed25519Key(filename=str(make_key(server.folder / name))) for name in ("one", "two")]
    policy.missing_host_key(SSHClient(), "example.org", keys[0])
    with pytest.raises(BadHostKeyException):
        policy.missing_host_key(SSHClient(), "example.org", keys[1])
    assert len(server.known_hosts.read_text().splitlines()) == 1


def test_a_known_hosts_that_cannot_be_written_is_told(server: Sshd) -> None:
    place = server.folder / "file"
    place.write_text("")
    error = refusal(server.host(known_hosts=place / "known_hosts"))
    assert error.message.startswith(f"web1: {ADDRESS} is new, and its key cannot be recorded in {place}/known_hosts: ")


def test_aliases_ports_keys_and_known_hosts_come_from_ssh_config(server: Sshd) -> None:
    config = server.ssh_config(
        "Host web1",
        f"  HostName {ADDRESS}",
        f"  Port {server.port}",
        f"  IdentityFile {server.folder}/missing",
        f"  IdentityFile {server.identity}",
        f"  UserKnownHostsFile {server.folder}/of_config",
    )
    host = server.host(address=None, port=None, identity=None, known_hosts=None, ssh_config=config)
    with connected(host) as said:
        assert said.split()[3] == str(server.port)
    assert (server.folder / "of_config").read_text().startswith(f"[{ADDRESS}]:{server.port} ssh-ed25519 ")


def test_user_known_hosts_file_none_records_nothing(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = server.ssh_config("Host *", "  UserKnownHostsFile none")
    with connected(server.host(known_hosts=None, ssh_config=config)):
        pass
    assert not (tmp_path / "none").exists()


def through(gateway: Sshd, server: Sshd, how: str) -> Host:
    """The server as seen through the gateway."""
    if how == "inventory":
        return server.host(
            gateway=f"{gateway.user}@{ADDRESS}:{gateway.port}", identity=shared_identity(gateway, server)
        )
    config = server.ssh_config(
        "Host bastion",
        f"  HostName {ADDRESS}",
        f"  Port {gateway.port}",
        f"  IdentityFile {gateway.identity}",
        "Host web1",
        f"  HostName {ADDRESS}",
        f"  Port {server.port}",
        f"  IdentityFile {server.identity}",
        f"  ProxyJump {gateway.user}@bastion",
    )
    return server.host(address=None, port=None, identity=None, ssh_config=config)


def shared_identity(gateway: Sshd, server: Sshd) -> Path:
    Path(f"{gateway.identity}.pub").write_text(Path(f"{server.identity}.pub").read_text())
    return server.identity


@pytest.mark.parametrize("how", ["inventory", "ssh_config"])
def test_gateways_are_used_checked_and_closed(servers: Servers, how: str) -> None:
    gateway, server = servers(), servers()
    host = through(gateway, server, how)
    with connected(host):
        assert len(gateway.connections()) == 1
        assert len(server.connections()) == 1
    names = [line.split()[0] for line in server.known_hosts.read_text().splitlines()]
    assert names == [f"[{ADDRESS}]:{gateway.port}", f"[{ADDRESS}]:{server.port}"]
    eventually(lambda: not gateway.connections() and not server.connections())


def test_a_gateway_with_a_changed_key_is_refused(servers: Servers) -> None:
    gateway, server = servers(), servers()
    host = through(gateway, server, "ssh_config")
    server.known_hosts.write_text(f"[{ADDRESS}]:{gateway.port} {public(make_key(server.folder / 'old'))}\n")
    error = refusal(host)
    assert error.message == f"web1: the host key of the gateway {ADDRESS} has CHANGED; not connecting"
    assert error.hint.endswith(f"-R '[{ADDRESS}]:{gateway.port}'")
    assert not server.connections()


def test_every_gateway_of_a_chain_is_checked(servers: Servers) -> None:
    first, second, server = servers(), servers(), servers()
    config = server.ssh_config(
        *(
            f"Host {name}\n  HostName {ADDRESS}\n  Port {hop.port}\n  IdentityFile {hop.identity}"
            for name, hop in (("one", first), ("two", second), ("web1", server))
        ),
        f"Host web1\n  ProxyJump {first.user}@one,{second.user}@two",
    )
    host = server.host(address=None, port=None, identity=None, ssh_config=config)
    with connected(host):
        pass
    known = server.known_hosts.read_text()
    assert all(public(hop.key) in known for hop in (first, second, server))
    lines = [line for line in known.splitlines() if f":{second.port} " not in line]
    server.known_hosts.write_text("\n".join(lines) + "\n")
    refused = Host(**{name: getattr(host, name) for name in host.__struct_fields__} | {"host_keys": "refuse"})
    assert "the gateway" in refusal(refused).message


def test_a_gateway_that_cannot_reach_the_host_says_so(servers: Servers) -> None:
    gateway, server = servers(), servers()
    host = through(gateway, server, "ssh_config")
    server.stop()
    error = refusal(host)
    assert error.message.startswith(f"web1: {ADDRESS} cannot connect to {ADDRESS}:{server.port}: ")


def test_a_gateway_that_is_not_there_is_named(servers: Servers) -> None:
    gateway, server = servers(), servers()
    host = through(gateway, server, "ssh_config")
    gateway.stop()
    where = f"{gateway.user}@{ADDRESS}:{gateway.port}"
    assert refusal(host).message == f"web1: cannot connect to the gateway {where}: Connection refused"


RELAY = """
import socket, sys, threading
server = socket.create_connection(sys.argv[1:])
def up():
    while data := sys.stdin.buffer.raw.read(9999):
        server.sendall(data)
threading.Thread(target=up, daemon=True).start()
while data := server.recv(9999):
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
"""


def test_proxy_commands_work(server: Sshd) -> None:
    relay = server.folder / "relay.py"
    relay.write_text(RELAY)
    config = server.ssh_config(
        "Host web1", f"  HostName {ADDRESS}", f"  Port {server.port}", f"  ProxyCommand python3 {relay} %h %p"
    )
    with connected(server.host(address=None, port=None, ssh_config=config)) as said:
        assert said


def test_refused_keys_lead_to_provision(server: Sshd) -> None:
    host = server.host(identity=make_key(server.folder / "stranger"))
    error = refusal(host)
    assert error.message == f"web1: {server.user}@{ADDRESS}:{server.port} refuses our keys"
    login = f"ssh -p {server.port} {server.user}@{ADDRESS}"
    assert error.hint == f"Has `fab provision --hosts=web1` been run, and does `{login}` work?"


def test_having_no_key_at_all_is_a_refused_login(server: Sshd) -> None:
    assert refusal(server.host(identity=None)).message.endswith("refuses our keys")


def test_a_key_with_a_passphrase_leads_to_the_agent(server: Sshd) -> None:
    host = server.host(identity=make_key(server.folder / "locked", passphrase="secret"))
    error = refusal(host)
    assert error.message == f"web1: the key for {server.user}@{ADDRESS}:{server.port} has a passphrase"
    assert error.hint.endswith("ssh-add")


def test_a_closed_port_is_told_in_one_line(server: Sshd) -> None:
    server.stop()
    error = refusal(server.host())
    assert error.message == f"web1: cannot connect to {server.user}@{ADDRESS}:{server.port}: Connection refused"
    assert error.hint == "Check the address, port and firewall in the inventory and ssh_config."
    assert refusal(server.host(lab=True, engine="podman")).hint == LAB_UP


def test_another_server_at_the_address_of_a_stopped_lab_is_no_changed_key(server: Sshd) -> None:
    host = server.host("lab1", lab=True, engine="podman", host_keys="refuse")
    for known in ("", f"[{ADDRESS}]:{server.port} {public(make_key(server.folder / 'other'))}\n"):
        server.known_hosts.write_text(known)
        error = refusal(host)
        assert error.message == (f"lab1: the lab is not running: another SSH server answers at {ADDRESS}:{server.port}")
        assert error.hint == LAB_UP


def test_an_unknown_name_is_told_in_one_line(server: Sshd) -> None:
    error = refusal(server.host(address="no-such-host.invalid"))
    assert error.message.endswith("its name cannot be resolved")


def test_a_broken_ssh_config_is_told_in_one_line(server: Sshd) -> None:
    error = refusal(server.host(ssh_config=server.ssh_config("Host web1", "what?")))
    assert error.message.startswith("web1: cannot connect: ")


def test_a_user_id_without_a_name_leads_to_the_variables() -> None:
    from slipway.fleet.connection_errors import explain
    from tests.steps.targets import target

    host = target().host
    for error in (KeyError("getpwuid(): uid not found: 12345"), RuntimeError("Could not determine home directory.")):
        message, hint = explain(error, host, None, last=True)
        assert "has no name or no home on this machine" in message
        assert "USER=" in hint


def test_a_port_where_nobody_says_anything_is_given_up(server: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_TIMEOUT", 1)
    monkeypatch.setattr(module, "PATIENCE", 0)
    with socket.socket() as silent:
        silent.bind((ADDRESS, 0))
        silent.listen()
        started = time.monotonic()
        error = refusal(server.host(port=silent.getsockname()[1]))
    assert time.monotonic() - started < 5
    assert error.message.endswith("it takes connections, but does not answer as an SSH server")


def test_nothing_is_printed_by_the_ssh_library(server: Sshd, capfd: pytest.CaptureFixture[str]) -> None:
    server.stop()
    with socket.socket() as rude:
        rude.bind((ADDRESS, 0))
        rude.listen()

        def close() -> None:
            for _ in range(module.ATTEMPTS):
                rude.accept()[0].close()

        closing = threading.Thread(target=close)
        closing.start()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "LONGEST_PAUSE", 0.01)
            refusal(server.host(port=rude.getsockname()[1]))
        closing.join()
    assert capfd.readouterr() == ("", "")


def test_bursts_that_sshd_refuses_are_survived(servers: Servers) -> None:
    server = servers("MaxStartups 2:80:6")

    def visit(number: int) -> str:
        with connected(server.host(f"web{number}")) as said:
            return said

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(visit, range(16)))


def test_a_failed_login_leaves_no_connection_open(server: Sshd) -> None:
    refusal(server.host(identity=make_key(server.folder / "stranger")))
    assert server.process
    eventually(lambda: not children(server.process.pid if server.process else 0))
    eventually(lambda: not [thread for thread in threading.enumerate() if "paramiko" in type(thread).__module__])


def test_connecting_is_quick(server: Sshd) -> None:
    """40 ms or more are a sign of delayed acknowledgements."""
    with connected(server.host()):
        pass
    times = []
    for _ in range(5):
        started = time.monotonic()
        connection = connect(server.host(), server.user)
        connection.transport.open_session().close()
        times.append(time.monotonic() - started)
        disconnect(connection)
    if os.getloadavg()[0] > 2:
        pytest.skip("this machine is busy")
    assert min(times) < 0.06
