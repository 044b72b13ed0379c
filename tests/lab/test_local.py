from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.lab import find_local_processes, host_addresses, local_sshd
from slipway.lab.engine import STOPPED, UNFINISHED, Lab
from slipway.lab.host_addresses import HostAddress
from slipway.lab.local import Local

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A host's folder; what a test leaves running on it is ended."""
    folder = tmp_path / ".lab" / "lab1"
    folder.mkdir(parents=True)
    yield folder
    find_local_processes.end(folder, 0)


def spawn(*argv: str, **options: object) -> subprocess.Popen[bytes]:
    """A process without a terminal."""
    return subprocess.Popen(argv or SLEEP, stdin=subprocess.DEVNULL, start_new_session=True, **options)  # type: ignore[call-overload,no-any-return]


def ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def test_the_configuration_lets_one_account_in_by_one_key() -> None:
    text = local_sshd.render_config(
        Path("/home/me/a b/.lab/lab1"),
        HostAddress("127.0.1.1", 2222, 8080),
        "me",
        {"PIP_CERT": "/c", "BAD": '"'},
        pam=False,
    )
    assert text == (
        "Port 2222\n"
        "ListenAddress 127.0.1.1\n"
        'HostKey "/home/me/a b/.lab/lab1/ssh_host_ed25519_key"\n'
        'PidFile "/home/me/a b/.lab/lab1/sshd.pid"\n'
        'AuthorizedKeysFile "/home/me/a b/.lab/lab1/authorized_keys"\n'
        "AllowUsers me\n"
        "PermitRootLogin prohibit-password\n"
        "PasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\n"
        "StrictModes no\n"
        "UsePAM no\n"
        "PrintMotd no\n"
        "AcceptEnv LANG LC_*\n"
        'SetEnv "PIP_CERT=/c" "SLIPWAY_LAB_HOST=/home/me/a b/.lab/lab1"\n'
        "Subsystem sftp internal-sftp\n"
    )


@linux
def test_what_carries_the_hosts_mark_belongs_to_it_with_its_children(home: Path) -> None:
    code = f"import subprocess; subprocess.run({SLEEP!r}, env={{}})"
    with spawn(sys.executable, "-c", code, env={**os.environ, local_sshd.MARK: str(home)}) as parent:
        deadline = time.monotonic() + 10
        while len(found := find_local_processes.of_host(home)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert parent.pid in found
        assert len(found) == 2
        find_local_processes.end(home, 2)
        assert ended(parent)
    assert find_local_processes.of_host(home) == set()


@linux
def test_what_works_or_writes_beneath_the_host_belongs_to_it_even_without_a_mark(home: Path) -> None:
    with (home / "log").open("w") as log, spawn(cwd=home, env={}) as worker, spawn(stdout=log, env={}) as writer:
        log.close()
        assert {worker.pid, writer.pid} == find_local_processes.of_host(home)
        find_local_processes.end(home, 0)
        assert ended(worker)
        assert ended(writer)


@linux
def test_what_only_reads_or_names_the_host_is_left_alone(home: Path) -> None:
    (home / "log").write_text("x")
    with (
        (home / "log").open() as log,
        spawn(stdout=subprocess.DEVNULL, stderr=log) as reader,
        spawn(*SLEEP, str(home / "log")) as namer,
        spawn(cwd=home.parent) as neighbour,
    ):
        assert find_local_processes.of_host(home) == set()
        for process in (reader, namer, neighbour):
            process.kill()


@linux
def test_a_test_or_command_that_runs_inside_the_folder_does_not_end_itself(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    assert os.getpid() not in find_local_processes.of_host(home)


@linux
def test_what_ignores_term_is_killed_when_patience_ends(home: Path) -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    with spawn(sys.executable, "-c", code, stdout=subprocess.PIPE, cwd=home) as stubborn:
        assert stubborn.stdout is not None
        stubborn.stdout.readline()
        find_local_processes.end(home, 0.2)
        assert ended(stubborn)


@linux
def test_a_power_cut_leaves_none_that_a_parent_started_in_the_meantime(home: Path) -> None:
    code = f"import subprocess, time\nwhile True: subprocess.run([{SLEEP[0]!r}, '-c', 'import time; time.sleep(9)'])"
    with spawn(sys.executable, "-c", code, cwd=home) as master:
        deadline = time.monotonic() + 10
        while len(find_local_processes.of_host(home)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        find_local_processes.end(home, 0)
        assert find_local_processes.of_host(home) == set()
        assert ended(master)


def test_half_made_hosts_and_dead_ones_are_told_apart(tmp_path: Path) -> None:
    for name in ("lab1", "lab2", ".build"):
        (tmp_path / name).mkdir()
    (tmp_path / "lab2/seat.json").write_text('["127.0.1.2", 2222, 8080]')
    (tmp_path / "lab2/sshd.pid").write_text("1")
    found = Local().found(Lab(tmp_path))
    assert {name: host.state for name, host in found.items()} == {"lab1": UNFINISHED, "lab2": STOPPED}
    assert found["lab2"].endpoint == HostAddress("127.0.1.2", 2222, 8080)


def test_ports_below_1024_are_not_for_hosts_without_root() -> None:
    assert Local().look("127.0.1.1", 80) == host_addresses.FORBIDDEN


def test_a_folder_too_deep_for_sockets_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too long for the sockets"):
        Local().ready(Lab(tmp_path / ("deep" * 15)), 1, print)
