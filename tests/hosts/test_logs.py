"""`fab logs` on three hosts: whole, complete and in order, whatever happens to the logs and to the connections."""

from __future__ import annotations

import json
import os
import subprocess
import time

import pytest

from tests.hosts.chatty_app import Listener, cut, remote, talk
from tests.hosts.conftest import NewProject
from tests.hosts.project import FAB, ROOT, Project

HOSTS = ("lab1", "lab2", "lab3")
RATE = 4000  # lines a second on each host


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    made = new_project("talker", on=HOSTS, processes={"worker": "python worker.py"})
    made.deploy()
    return made


def rotated(project: Project, host: str, release: str) -> int:
    """How many files of a release's worker were rotated."""
    return int(project.on(host, f"ls log/worker.{release}.log.* 2> /dev/null | wc -l"))


@pytest.mark.parametrize("least", [150_000, pytest.param(2_000_000, marks=pytest.mark.slow_faults)])
def test_no_line_is_lost_or_doubled_across_rotation_deploy_and_cut_connections(project: Project, least: int) -> None:
    each = least // len(HOSTS) // 2 + 3 * RATE  # of each release on each host
    patience = 60 + 3 * each / RATE
    # What is not shown in time is rotated away for good after 40 MB, so that it is not produced faster than it is read.
    talk(project, RATE, each)
    project.deploy()
    first = project.current("lab1")
    listener = Listener(project, "-f", "--lines=100000000", "--release=current")
    try:
        listener.wait(lambda: len(listener.heard) == len(HOSTS))
        cut(project, "lab2")
        listener.wait(lambda: all(number >= each - 4 * RATE for number in listener.heard.values()), patience)
        talk(project, RATE, each)
        project.deploy()
        second = project.current("lab1")
        listener.wait(lambda: all((host, second) in listener.heard for host in HOSTS))
        cut(project, "lab3")
        cut(project, "lab1")
        listener.wait(lambda: all((host, first) in listener.ended for host in HOSTS))
        listener.wait(lambda: all(listener.heard[host, second] > each for host in HOSTS), patience)
        # What had arrived before a cut is told first.
        listener.wait(lambda: len([line for line in listener.said if "connecting again" in line]) == len(HOSTS))
        memory = listener.memory()
        took = listener.interrupt()
        assert listener.lines >= least
        assert listener.wrong == []
        assert sum(listener.heard.values()) == listener.lines
        assert took < 1
        assert memory < 150 << 20
        for host in HOSTS:
            assert project.on(host, f"tail -qn 1 log/worker.{first}.log").endswith(
                f"ends {listener.heard[host, first]}"
            )
            assert rotated(project, host, second)
    finally:
        listener.process.kill()
    time.sleep(0.5)
    assert [remote(project, host) for host in HOSTS] == [[], [], []]


def test_the_first_line_comes_at_once(project: Project) -> None:
    listener = Listener(project, "-f", "--lines=1")
    try:
        listener.wait(lambda: bool(listener.first))
    finally:
        listener.interrupt()
    assert listener.first < 2  # with the start of fab itself, and the login to three hosts


def test_a_listener_that_is_killed_leaves_nothing_on_the_hosts(project: Project) -> None:
    listener = Listener(project, "-f")
    listener.wait(lambda: len(listener.heard) == len(HOSTS))
    assert all(remote(project, host) for host in HOSTS)
    listener.process.kill()
    deadline = time.monotonic() + 5
    while any(remote(project, host) for host in HOSTS):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_reader_that_leaves_ends_it_quietly(project: Project) -> None:
    fab = project.start("logs", "-f", "--lines=5")
    assert fab.stdout and fab.stderr
    assert " | " in fab.stdout.readline()
    fab.stdout.close()
    assert fab.wait(10) == 141
    assert fab.stderr.read() == ""


def test_json_is_one_object_a_line(project: Project) -> None:
    run = project.fab("logs", "--lines=3", "--process=web,worker", "--json")
    lines = [json.loads(line) for line in run.out.splitlines()]
    assert len(lines) == 3 * len(HOSTS)
    assert {line["host"] for line in lines} == set(HOSTS)
    assert {line["process"] for line in lines} <= {"web", "worker"}
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)


def test_lines_are_chosen_by_process_release_text_and_time(project: Project) -> None:
    page = f"chosen-{time.time_ns()}"
    for host in HOSTS:
        project.get(host, f"/{page}")
        project.get(host, "/missing")
    access = project.fab("logs", "--process=access", f"--grep=GET /({page}|none) ")
    assert sorted(line.split()[0] for line in access.out.splitlines()) == sorted(HOSTS)
    assert all(" access | " in line for line in access.out.splitlines())
    current = project.current("lab1")
    booted = project.fab("logs", "--process=web", f"--release={current}", "--since=1h", "--grep=Starting gunicorn")
    assert len(booted.out.splitlines()) == len(HOSTS)
    assert project.fab("logs", "--process=web", "--since=2099-01-01").out == ""
    wrong = project.fab("logs", "--process=wbe")
    assert wrong.code == 2
    assert "no such process" in wrong.err


def test_nginx_logs_survive_logrotate(project: Project, needs_root: None) -> None:
    fab = project.start("logs", "-f", "--lines=0", "--process=access")
    assert fab.stdout
    time.sleep(2)
    asked = []
    for number in range(60):
        project.get("lab1", f"/page-{number}-")
        asked.append(f"/page-{number}-")
        if number in (20, 40):
            project.on("lab1", "logrotate -f /etc/logrotate.d/slipway-talker")
    time.sleep(1)
    fab.send_signal(2)
    out = fab.communicate(timeout=10)[0]
    assert [line.split()[9] for line in out.splitlines() if "/page-" in line] == asked


def test_nginx_logs_are_rotated_by_size_within_minutes(project: Project, needs_root: None) -> None:
    assert project.on("lab1", "systemctl is-active slipway_logs.timer") == "active"
    log = "/var/log/slipway/talker/error.log"
    project.on("lab1", f"truncate -s 101M {log}; systemctl start slipway_logs.service")
    assert project.on("lab1", f"stat -c %s {log} {log}.1; rm {log}.1").split() == ["0", str(101 << 20)]


def test_old_logs_are_deleted_between_deploys(project: Project, needs_root: None) -> None:
    old = "log/web.20200101-000000-abc1234.log"
    project.on("lab1", f"runuser -u talker -- touch -d '40 days ago' {old} && systemctl start slipway_logs.service")
    assert project.on("lab1", f"ls {old} log/web.{project.current('lab1')}.log 2> /dev/null | wc -l") == "1"


def test_each_of_several_processes_has_a_log_of_its_own(project: Project) -> None:
    project.configure(processes={"worker": {"command": "python worker.py", "count": 2}})
    project.edit("worker.py", "import time\nprint('here', flush=True)\ntime.sleep(999)\n")
    project.deploy()
    run = project.fab("logs", "--process=worker", "--release=current")
    assert sorted(run.out.splitlines()) == [f"{host} worker | here" for host in HOSTS for _ in range(2)]
    assert project.on("lab1", "ls log | grep -c '^worker\\.[01]\\.2'") == "2"


def test_broken_text_and_endless_lines_do_no_harm(project: Project) -> None:
    # Nobody else writes there.
    old = "20200101-000000-0000001"
    project.on("lab1", rf"printf 'caf\303\251 \377\376 \0 end\n' > log/worker.{old}.log")
    project.on(
        "lab1",
        f"head -c 3000000 /dev/zero | tr '\\0' x >> log/worker.{old}.log; echo; echo tail >> log/worker.{old}.log",
    )
    env = {**os.environ, "SLIPWAY_INVENTORY": str(project.folder / "inventory.toml")}
    words = [str(FAB), "-r", str(ROOT), "logs", f"--release={old}", "--process=worker", "--hosts=lab1"]
    raw = subprocess.run(words, cwd=project.folder, env=env, capture_output=True, check=True).stdout
    assert b"caf\xc3\xa9 \xff\xfe \0 end\n" in raw
    long = next(line for line in raw.split(b"\n") if b"xxxx" in line)
    assert len(long) < 20000
    assert long.endswith(b"more bytes]")


def test_logs_outlive_releases_also_those_that_never_served(new_project: NewProject) -> None:
    project = new_project("keeper", keep=2)
    project.deploy()
    first = project.current("lab1")
    broken = "def app(environ, start_response):\n    raise RuntimeError('no shelf for ' + __name__)\n"
    project.edit("app.py", broken)
    run = project.failing()
    advice = next(line for line in run.err.splitlines() if "All that it said: fab " in line).split(" fab ")[1].split()
    project.git("revert", "--no-edit", "HEAD")
    for _ in range(3):
        project.deploy()
    assert first not in project.on("lab1", "ls releases")
    assert "RuntimeError: no shelf for app" in project.fab(*advice).out
    whole = project.fab("logs", "--since=1h", "--process=web", "--json")
    told = [json.loads(line) for line in whole.out.splitlines()]
    assert len({line["release"] for line in told}) == 5
    assert any(line["release"] == first and "Booting worker" in line["line"] for line in told)
    assert "they begin: web at 20" in whole.err  # it is not an hour old
