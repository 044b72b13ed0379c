"""What runs besides the web server, and what outlives releases."""

from __future__ import annotations

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project

HOST = "lab1"


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project(
        "jobs",
        processes={
            "worker": "python worker.py",
            "pair": {"command": 'python worker.py "two words" $SLIPWAY_APP', "count": 2, "watch": 1},
            "fast": "cd sub && MODE=fast python ../worker.py",
            "piped": "python ../app/worker.py | cat",
            "off": {"command": "python nothing.py", "count": 0},
        },
        linked_dirs=["data", "deep/down"],
        linked_files=["notes.txt"],
    )
    project.write("data/given.txt", "committed\n")
    project.write("sub/nothing.txt", "")
    project.write("notes.txt", "at first\n")
    project.commit("Add data")
    project.deploy()
    return project


def workers(project: Project) -> dict[str, str]:
    """Pid and command line of each process of worker.py."""
    who = "root" if project.hosts.rootless else project.name
    lines = project.on(HOST, f"pgrep -u {who} -af '^python worker.py' || true").splitlines()
    return {pid: words for pid, _, words in (line.partition(" ") for line in lines)}


def test_processes_run_as_often_as_they_should_with_their_words(project: Project) -> None:
    assert sorted(workers(project).values()) == [
        "python worker.py",
        "python worker.py two words jobs",
        "python worker.py two words jobs",
    ]


def test_a_command_line_may_have_variables_and_several_parts(project: Project) -> None:
    who = "root" if project.hosts.rootless else project.name
    pid = int(project.on(HOST, f"pgrep -u {who} -xf 'python ../worker.py'"))
    assert project.environment(HOST, pid)[b"MODE"] == b"fast"
    assert "supervisord" in project.on(HOST, f"ps -o args= -p $(ps -o ppid= -p {pid})")


def test_all_programs_of_a_pipe_end_with_their_release(project: Project) -> None:
    who = "root" if project.hosts.rootless else project.name
    find = f"pgrep -u {who} -f 'python ../app/worker.py' || true"
    old = set(project.on(HOST, find).split())
    assert len(old) == 2  # the shell and the program
    project.commit("Something new")
    project.deploy()
    project.traces()
    new = set(project.on(HOST, find).split())
    assert len(new) == 2
    assert not old & new


def test_a_deploy_replaces_processes_by_those_of_the_new_release(project: Project) -> None:
    old = workers(project)
    project.commit("Something new")
    project.deploy()
    project.traces()  # waits until the old ones have ended
    new = workers(project)
    assert len(new) == 3
    assert not set(new) & set(old)
    for pid in new:
        assert project.environment(HOST, int(pid))[b"SLIPWAY_RELEASE"].decode() == project.current(HOST)
    log = project.on(HOST, f"cat log/worker.{project.current(HOST)}.log")
    assert f"working for {project.current(HOST)}" in log


def test_a_process_that_is_taken_out_of_the_inventory_ends_with_the_next_deploy(project: Project) -> None:
    kept = project.settings["processes"]
    project.configure(processes={"worker": "python worker.py"})
    project.commit("One is enough")
    project.deploy()
    project.traces()
    assert list(workers(project).values()) == ["python worker.py"]
    project.configure(processes=kept)


def test_a_process_that_is_killed_comes_back(project: Project) -> None:
    (old,) = workers(project)
    project.on(HOST, f"kill -KILL {old}")
    seen = project.on(
        HOST, f"for try in {{1..50}}; do pgrep -af '^python worker.py' | grep -v '^{old} ' && break; sleep 0.1; done"
    )
    assert seen.endswith("python worker.py")


def test_linked_files_and_folders_begin_with_what_is_committed_and_outlive_releases(project: Project) -> None:
    who = "" if project.hosts.rootless else "runuser -u jobs -- "
    assert project.on(HOST, "cat current/app/data/given.txt current/app/notes.txt") == "committed\nat first"
    project.on(HOST, f"{who}bash -c 'echo mine > current/app/data/mine.txt; echo more >> current/app/notes.txt'")
    project.on(HOST, f"{who}bash -c 'mkdir current/app/deep/down/below; echo low > current/app/deep/down/below/x'")
    project.edit("notes.txt", "changed in git\n")
    project.deploy()
    for path, text in (
        ("data/given.txt", "committed"),
        ("data/mine.txt", "mine"),
        ("notes.txt", "at first\nmore"),
        ("deep/down/below/x", "low"),
    ):
        assert project.on(HOST, f"cat current/app/{path}") == text
    project.on(HOST, "test -e current/app/deep && test ! -L current/app/deep && test -L current/app/deep/down")
