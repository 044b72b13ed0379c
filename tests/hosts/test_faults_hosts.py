"""Hosts in trouble: a defined outcome, the site goes on, and the next deploy works once the trouble is over."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from slipway import lab
from tests.hosts.conftest import NewProject
from tests.hosts.faults import disks, plans
from tests.hosts.faults.kinds import Kind, await_mark, begin, kinds, strike
from tests.hosts.faults.plans import ON, Place
from tests.hosts.faults.setup import prepared
from tests.hosts.faults.table import await_peace, current_settings, deploy, on_all
from tests.hosts.faults.visitors import SteadyVisitors
from tests.hosts.hosts import Hosts
from tests.hosts.project import Project, wait

BOOT = next(place for place in plans.deploys() if place.step == "boot")
HOLD = Kind("hold", 'fact struck "$HOSTNAME"\nsleep 7', then="wait", silence=4)


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    return prepared(new_project, "troubled")


@pytest.fixture(scope="module")
def visitors(project: Project) -> Iterator[SteadyVisitors]:
    with SteadyVisitors(project) as visitors:
        yield visitors


@pytest.fixture(scope="module")
def small(new_project: NewProject, hosts: Hosts) -> Iterator[Project]:
    """An app on a disk of its own on each host."""
    with disks.small_disks(hosts, ON, "/srv/little"):
        yield prepared(new_project, "little")


def heals(project: Project) -> None:
    """Deploy, which has to work, and look for what is left."""
    newest = project.say(f"again {time.time_ns()}")
    deploy(project)
    assert await_peace(project).endswith(newest[:7])


def test_a_disk_with_too_little_room_stops_a_deploy_before_anything_is_done(small: Project) -> None:
    old, traces = current_settings(small), small.traces()
    small.say("too large")
    small.on("lab2", 'fallocate -l "$(($(df --output=avail -B 1 . | tail -n 1) - 150 * 1024 * 1024))" .fill')
    run = small.failing()
    assert "lab2: only 150 MiB are free in /srv/little, 200 are needed" in run.text
    assert await_peace(small) == old
    assert small.traces() == traces
    heals(small)


def test_too_few_inodes_stop_a_deploy_before_anything_is_done(small: Project) -> None:
    old = current_settings(small)
    small.say("too many")
    fill = "mkdir .fill && cd .fill && seq $(($(df --output=iavail . | tail -n 1) - 5000)) | xargs touch"
    small.on("lab1", fill)
    run = small.failing()
    assert "inodes are free in /srv/little, 10000 are needed" in run.text
    assert await_peace(small) == old
    heals(small)


def test_a_read_only_disk_stops_a_deploy_before_anything_is_done(small: Project, hosts: Hosts) -> None:
    old = current_settings(small)
    small.say("written nowhere")
    disks.mounting(hosts, "lab2", disks.LOCK.format(base="/srv/little"))
    try:
        run = small.failing()
        assert "Is the disk full or read-only?" in run.text
        assert current_settings(small) == old
    finally:
        disks.mounting(hosts, "lab2", disks.UNLOCK.format(base="/srv/little"))
    heals(small)


@pytest.mark.parametrize("step", ["venv", "boot", "verify", "retire"])
def test_a_disk_that_becomes_read_only_leaves_one_release_and_the_next_deploy_heals(
    small: Project, hosts: Hosts, step: str
) -> None:
    """Nothing can be reverted there, not even the link; once it can be written again, everything is."""
    place = next(place for place in plans.deploys() if place.step == step)
    script = 'fact struck "$HOSTNAME"\nwhile touch BASE/.writable; do sleep 0.05; done'
    old = current_settings(small)
    small.say(f"read only at {step}")

    def turn(project: Project, host: str, process: subprocess.Popen[str]) -> None:
        disks.mounting(hosts, host, disks.LOCK.format(base="/srv/little"))

    try:
        run = strike(Kind("read-only", script, then="wait", act=turn), place, small)
        assert run.code == 1, run.text
        answers = [small.page(host)["release"] for host in ON]
        assert answers[0] == old or place.decided
    finally:
        disks.mounting(hosts, "lab2", disks.UNLOCK.format(base="/srv/little"))
        on_all(small, "rm -f .writable")
    heals(small)


def test_a_host_that_is_slow_is_waited_for(project: Project, visitors: SteadyVisitors) -> None:
    """Frozen for less than the time after which it would be given up."""
    with visitors.nobody_is_lost(besides="lab2"):
        newest = project.say("slowly")
        freeze(project, 2)
        assert await_peace(project).endswith(newest[:7])


def test_a_host_that_freezes_for_long_takes_every_host_back(project: Project, visitors: SteadyVisitors) -> None:
    old = current_settings(project)
    with visitors.nobody_is_lost(besides="lab2"):
        project.say("frozen")
        run = freeze(project, 8)
        assert "lab2: the connection was lost" in run
        assert await_peace(project) == old
    heals(project)


def freeze(project: Project, seconds: float) -> str:
    """Deploy, and freeze a host while the release boots there; what fab says."""
    process = begin(HOLD, BOOT, project)
    assert await_mark(project.folder / "struck", process)
    lab.pause(project.hosts.folder, "lab2")
    try:
        time.sleep(seconds)
    finally:
        lab.unpause(project.hosts.folder, "lab2")
    return wait(process).text


def test_a_host_that_does_not_come_back_is_named_and_the_others_revert(
    project: Project, visitors: SteadyVisitors
) -> None:
    old = current_settings(project)
    with visitors.nobody_is_lost(besides="lab2"):
        project.say("without lab2")

        def kill(project: Project, host: str, process: subprocess.Popen[str]) -> None:
            project.hosts.kill(host)

        try:
            run = strike(Kind("dead", kinds()["restart"].script, then="wait", act=kill, silence=2), BOOT, project)
            assert run.code == 1
            assert "lab2" in run.err and "did not confirm that it was reverted" in run.err
            assert project.page("lab1")["release"] == old
        finally:
            project.hosts.start("lab2")
        assert await_peace(project) == old
    heals(project)


def test_sshd_that_refuses_a_burst_of_connections_is_asked_again(project: Project) -> None:
    """MaxStartups: others that log in just now fill all places for two seconds."""
    place = project.hosts["lab1"]
    limit = "/etc/ssh/sshd_config.d/burst.conf"
    project.on("lab1", f"echo 'MaxStartups 2:100:2' > {limit} && systemctl reload ssh && sleep 0.3")
    others = [socket.create_connection((place.address, place.port)) for _ in range(2)]
    try:
        time.sleep(0.3)
        newest = project.say("in a burst")
        process = project.start("deploy")
        time.sleep(2)
    finally:
        for other in others:
            other.close()
    run = wait(process)
    project.on("lab1", f"rm {limit} && systemctl reload ssh && sleep 0.5")
    assert run.code == 0, run.text
    assert current_settings(project).endswith(newest[:7])


def test_what_an_earlier_crash_has_left_is_swept_away(project: Project, visitors: SteadyVisitors) -> None:
    """As after a power failure without a journal: half a release, half a venv, files that were never finished."""
    left = """
id=20200101-000000-0000000 user=$(stat -c %U .)
runuser -u "$user" -- bash -c "
mkdir -p releases/$id/app venvs/half/bin static/$id/files
touch releases/$id/app/half venvs/half/bin/python env/$id.env.new env/$id.env supervisor.d/$id.web.conf.new undo.new
ln -s releases/$id current.new
echo '[program:broken' > supervisor.d/$id.web.conf.new
git --git-dir=repo.git update-ref refs/slipway/$id \\$(git --git-dir=repo.git hash-object -w undo.new)
"
"""
    with visitors.nobody_is_lost():
        project.on("lab1", left)
        heals(project)


def test_a_killed_supervisord_leaves_no_second_set_of_processes(project: Project) -> None:
    project.on("lab1", "kill -KILL $(cat run/supervisord.pid)")
    eventually_well(project)
    with SteadyVisitors(project) as visitors, visitors.nobody_is_lost():
        heals(project)


@pytest.mark.parametrize("whom", ["worker", "master"])
def test_a_killed_web_process_comes_back_and_the_next_deploy_works(project: Project, whom: str) -> None:
    """As the kernel does when memory is short."""
    release = current_settings(project)
    master = f"$(pgrep -o -f releases/{release}/conf/gunicorn.conf.py)"
    project.on("lab1", f"kill -KILL {master if whom == 'master' else f'$(pgrep -P {master} | head -n 1)'}")
    eventually_well(project)
    heals(project)


def eventually_well(project: Project) -> None:
    """Wait until every host has answered for a second."""
    until, deadline = time.monotonic() + 1, time.monotonic() + 30
    while time.monotonic() < until:
        assert time.monotonic() < deadline
        if any(project.get(host).status != 200 for host in project.on_hosts):
            until = time.monotonic() + 1
        time.sleep(0.05)


@pytest.mark.parametrize("hours", [-30, 30])
def test_a_clock_that_is_off_changes_nothing_about_what_comes_before_what(project: Project, hours: int) -> None:
    """The release is named by the control machine's clock; a rollback leads to what was there before all the same."""
    old = current_settings(project)
    newest = project.say(f"by a clock that is {hours} hours off")
    place = Place("deploy", "", "none", ON, False)
    run = strike(Kind("clock", "", clock=hours * 3600), place, project)
    assert run.code == 0, run.text
    assert current_settings(project).endswith(newest[:7])
    run = project.fab("rollback")
    assert run.code == 0, run.text
    assert current_settings(project) == old
    heals(project)
