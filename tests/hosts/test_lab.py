"""The lab itself, with real hosts of its own: apart from the lab that the other host tests share."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slipway import lab
from slipway.core.errors import SlipwayError
from slipway.lab import LabHost, choose_engine, find_local_processes, ssh_keys, up_down_status
from slipway.lab.host_addresses import HostAddress
from tests.hosts.hosts import CONTAINERS, VARIABLE

ROOT = Path(__file__).resolve().parents[2]


def quiet(line: str) -> None:
    """Take a line of progress that nobody reads."""


@pytest.fixture(scope="module", params=["containers", "local"])
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """The folder of a lab of two hosts; short, because sockets have short paths."""
    base = Path(tempfile.mkdtemp(prefix="sl-"))
    try:
        make(base / ".lab", ("local",) if request.param == "local" else containers())
        yield base / ".lab"
    finally:
        lab.down(base / ".lab", keep_image=True, say=quiet)
        shutil.rmtree(base)


def containers() -> tuple[str, ...]:
    """The engines that may make containers, as the other host tests choose them."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted and wanted not in (*CONTAINERS, "container"):
        pytest.skip(f"NO CONTAINERS: {VARIABLE}={wanted}")
    return (wanted,) if wanted in CONTAINERS else CONTAINERS


def make(folder: Path, engines: tuple[str, ...]) -> None:
    """Make a lab of two hosts; where containers are not insisted on, a machine that can run none is spared them."""
    troubles: list[str] = []
    for engine in engines:
        try:
            lab.up(folder, 2, engine=engine, say=quiet)
        except SlipwayError as error:
            lab.down(folder, keep_image=True, say=quiet)
            troubles.append(f"{engine}: {error.message}")
        else:
            return
    if os.environ.get(VARIABLE) or "local" in engines:
        pytest.fail("; ".join(troubles))
    pytest.skip(f"NO CONTAINERS: {'; '.join(troubles)}")


@pytest.fixture
def hosts(folder: Path) -> list[LabHost]:
    """The lab's hosts, all of them up, whatever the test before did to them."""
    return lab.up(folder, 2, say=quiet)


def ssh(folder: Path, host: LabHost, command: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
    argv = ssh_keys.ssh_argv(HostAddress(host.address, host.port, host.http_port), host.admin, folder, [command])
    return subprocess.run(argv, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL, check=False)


def says(folder: Path, host: LabHost, command: str) -> str:
    done = ssh(folder, host, command)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# A host of the engine local has this machine's system.
containers_only = pytest.mark.parametrize("folder", ["containers"], indirect=True, scope="module")


def reaches(folder: Path, host: LabHost) -> bool:
    try:
        return ssh(folder, host, "true", seconds=3).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def test_each_host_answers_ssh_at_an_address_of_its_own(folder: Path, hosts: list[LabHost]) -> None:
    assert [host.name for host in hosts] == ["lab1", "lab2"]
    assert len({(host.address, host.port) for host in hosts}) == 2
    for host in hosts:
        assert says(folder, host, "whoami") == host.admin
    assert list(lab.load_state(folder).values()) == hosts


@containers_only
def test_a_container_host_is_a_bare_debian_that_listens_for_ssh_alone(folder: Path, hosts: list[LabHost]) -> None:
    assert says(
        folder, hosts[0], "hostname; ps -p 1 -o comm=; systemctl is-system-running; . /etc/os-release; echo $ID"
    ) == ("lab1\nsystemd\nrunning\ndebian")
    ports = {line.split()[3].rpartition(":")[2] for line in says(folder, hosts[0], "ss -Hltn").splitlines()}
    assert ports == {"22"}
    assert ssh(folder, hosts[0], "command -v nginx supervisord git rsync").stdout == ""


@containers_only
def test_a_host_installs_packages_with_apt_and_pip_whatever_this_machine_has_to_trust(
    folder: Path, hosts: list[LabHost]
) -> None:
    says(folder, hosts[0], "apt-get -qq update && apt-get -qq -y install --no-install-recommends python3-venv")
    assert "six" in says(
        folder, hosts[0], "python3 -m venv /root/v && /root/v/bin/pip -q install six && /root/v/bin/pip list"
    )


def test_up_again_is_quick_and_changes_nothing(folder: Path, hosts: list[LabHost]) -> None:
    before = boot_of(folder, hosts[0])
    said: list[str] = []
    assert lab.up(folder, 2, say=said.append) == hosts
    assert said == []
    assert boot_of(folder, hosts[0]) == before


def test_a_reboot_keeps_address_key_and_disk(folder: Path, hosts: list[LabHost]) -> None:
    key, boot = host_key(hosts[0]), boot_of(folder, hosts[0])
    says(folder, hosts[0], "touch ~/kept-by-test; sync" if hosts[0].container else "true")
    lab.restart(folder, "lab1")
    assert host_key(hosts[0]) == key
    assert boot_of(folder, hosts[0]) != boot
    assert says(folder, hosts[0], "ls ~/kept-by-test" if hosts[0].container else "true") in ("/root/kept-by-test", "")


@containers_only
def test_an_ordinary_user_may_log_in_as_soon_as_a_rebooted_host_is_up(folder: Path, hosts: list[LabHost]) -> None:
    lab.restart(folder, "lab1")
    assert ssh(folder, hosts[0], "test ! -e /run/nologin").returncode == 0


@pytest.mark.parametrize(
    ("fault", "remedy"), [(lab.kill, lab.start), (lab.pause, lab.unpause), (lab.disconnect, lab.reconnect)]
)
def test_a_fault_cuts_a_host_off_and_its_remedy_brings_it_back(
    folder: Path, hosts: list[LabHost], fault: Callable[[Path, str], None], remedy: Callable[[Path, str], None]
) -> None:
    key = host_key(hosts[0])
    fault(folder, "lab1")
    assert not reaches(folder, hosts[0])
    assert reaches(folder, hosts[1])
    remedy(folder, "lab1")
    assert reaches(folder, hosts[0])
    assert host_key(hosts[0]) == key


@containers_only
def test_what_a_cut_off_host_does_goes_on(folder: Path, hosts: list[LabHost]) -> None:
    says(folder, hosts[0], "setsid sh -c 'sleep 1; date > /root/went-on' > /dev/null 2>&1 < /dev/null &")
    lab.disconnect(folder, "lab1")
    time.sleep(1.5)
    lab.reconnect(folder, "lab1")
    assert says(folder, hosts[0], "cat /root/went-on; ip route get 192.0.2.1 > /dev/null; rm /root/went-on")


def test_up_brings_back_what_was_killed_or_frozen(folder: Path, hosts: list[LabHost]) -> None:
    lab.kill(folder, "lab1")
    lab.pause(folder, "lab2")
    assert [state for _, state in lab.status(folder)] == ["stopped", "paused"]
    lab.up(folder, 2, say=quiet)
    assert all(reaches(folder, host) for host in hosts)


def test_an_up_that_was_killed_half_way_is_finished_by_the_next(folder: Path, hosts: list[LabHost]) -> None:
    for seconds in (0.3, 0.9):
        code = f"from pathlib import Path; from slipway import lab; lab.up(Path({str(folder)!r}), 4)"
        with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
    assert [host.name for host in lab.up(folder, 4, say=quiet)] == ["lab1", "lab2", "lab3", "lab4"]


def test_labs_of_two_checkouts_do_not_touch_each_other(folder: Path, hosts: list[LabHost]) -> None:
    base = Path(tempfile.mkdtemp(prefix="sl-"))
    try:
        other = lab.up(base / ".lab", 1, engine=hosts[0].engine, say=quiet)[0]
        assert (other.address, other.port) not in {(host.address, host.port) for host in hosts}
        assert host_key(other) != host_key(hosts[0])
    finally:
        lab.down(base / ".lab", keep_image=True, say=quiet)
        shutil.rmtree(base)
    assert all(reaches(folder, host) for host in hosts)


def test_down_leaves_no_container_process_or_file(folder: Path, hosts: list[LabHost]) -> None:
    for host in hosts:
        says(folder, host, "setsid sleep 300 > /dev/null 2>&1 < /dev/null &")
    lab.down(folder, keep_image=True, say=quiet)
    opened = up_down_status.open_lab(folder)
    assert not folder.exists()
    assert [engine.found(opened) for engine in choose_engine.installed()] == [{}] * len(choose_engine.installed())
    assert [
        process for process in find_local_processes.all_processes().values() if f"{folder}/" in process.command
    ] == []
    for host in hosts:
        with socket.socket() as probe:
            assert probe.connect_ex((host.address, host.port)) != 0


def boot_of(folder: Path, host: LabHost) -> str:
    """Tells one boot of a host from the next: when its first process, or its sshd, was started."""
    pid = "1" if host.container else f"$(cat {folder}/{host.name}/sshd.pid)"
    return says(folder, host, f"ps -o lstart=,pid= -p {pid}; stat -c %Y /proc/{pid}")


def host_key(host: LabHost) -> str:
    argv = ["ssh-keyscan", "-t", "ed25519", "-p", str(host.port), host.address]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()[-1]
