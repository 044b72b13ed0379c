"""Fabric's own options with every task that there is: they work, or they are refused before anything is contacted.

A new task, and a new option of Fabric, is covered without anyone remembering.
"""

from __future__ import annotations

import os
import socket
import subprocess
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fabric
import pytest
from fabric.main import Executor

from slipway.cli.executor import LocalTask
from slipway.cli.fabric_options import INSTEAD, WORKS
from slipway.cli.program import SlipwayProgram
from tasks import namespace
from tests.source.repo import Repo, nobodys_settings

TASKS = sorted(namespace.task_names)
INVENTORY = """
default = "prod"
[app]
name = "shop"
source = "app"
[ssh]
user = "deploy"
[groups.prod]
hosts = ["web1", "web2"]
[hosts.web1]
address = "192.0.2.1"
[hosts.web2]
address = "192.0.2.2"
"""
# What a task needs so that it would really act.
WORDS = {
    "db.copy": ["--from=web1", "--to=web2", "--yes", "--production"],
    "db.restore": ["20261120-030000"],
    "env.set": ["A=1"],
    "env.unset": ["A"],
    "env.reset": ["A"],
    "exec": ["--command=uptime"],
    "run": ["--command=uptime"],
    "scale": ["--process=web", "--count=2"],
    "stop": ["--yes"],
    "tasks.logs": ["--id=x"],
    "tasks.stop": ["--id=x"],
}
Fab = Callable[..., "tuple[int, str, str]"]


class Contacted(BaseException):
    """Something outside of this process was about to be reached."""


def _options() -> dict[str, list[str]]:
    """Each core option by its long name, with all of its forms and a value where it takes one."""
    found = {}
    for option in SlipwayProgram(config_class=fabric.Config).initial_context.args.values():
        forms = [f"--{name}" if len(name) > 1 else f"-{name}" for name in option.names]
        value = {int: "=3", bool: ""}.get(option.kind, "=x")
        name = max(option.names, key=len)
        found[name] = [form + (value if form.startswith("--") else value.replace("=", " ")) for form in forms]
    return found


OPTIONS = _options()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    nobodys_settings(monkeypatch, tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519.pub").write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ann@desk\n")
    Repo(tmp_path / "app").commit(wsgi_py="application = 1\n", requirements_txt="gunicorn==23.0.0\n")
    (tmp_path / "inventory.toml").write_text(INVENTORY)
    (tmp_path / "fabfile.py").write_text("from tasks import namespace\n")
    return tmp_path


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be reached: no address, and no program but those that read on this machine."""

    def refuse(*words: object, **_: object) -> None:
        raise Contacted(repr(words))

    start = subprocess.Popen.__init__

    def only_reading(self: Any, words: Any, *args: Any, **kwargs: Any) -> None:
        if words[0] != "git" and list(words) != ["ssh-add", "-L"]:
            raise Contacted(repr(words))
        start(self, words, *args, **kwargs)

    monkeypatch.setattr(subprocess.Popen, "__init__", only_reading)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    for owner, name in ((socket, "create_connection"), (os, "execv"), (os, "system"), (webbrowser, "open")):
        monkeypatch.setattr(owner, name, refuse)


@pytest.fixture
def fab(
    project: Path, closed: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Fab]:
    """Run fab in a project: exit code, standard output, standard error."""
    monkeypatch.chdir(project)

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        program = SlipwayProgram(name="Fabric", executor_class=Executor, config_class=fabric.Config)
        try:
            program.run(["fab", *words])
        except SystemExit as end:
            return int(end.code or 0), *capsys.readouterr()
        return 0, *capsys.readouterr()

    yield run


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".git/" not in str(path)}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("form", ["--dry", "-R"])
def test_dry_contacts_and_changes_nothing_or_is_refused(
    fab: Fab, project: Path, task: str, before: bool, form: str
) -> None:
    files = everything_in(project)
    words = [task, *WORDS.get(task, [])]
    code, out, err = fab(*([form, *words] if before else [*words, form]))
    assert everything_in(project) == files
    if code == 0:
        assert "nobody was contacted" in out or "nothing was done" in out
    else:
        assert (code, out) == (2, "")
        assert err.startswith(f"error: fab {task} has no --dry, and nothing was done\n  → ")


def test_a_setting_in_the_environment_is_as_good_as_dry(fab: Fab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FABRIC_RUN_DRY", "1")
    assert fab("rollback")[0] == 2
    assert "nobody was contacted" in fab("stop", "--yes")[1]


def test_several_tasks_are_refused_before_the_first_of_them_runs(fab: Fab) -> None:
    assert fab("lab.down", "rollback", "--dry")[:2] == (2, "")


def test_every_core_option_works_or_is_refused_with_what_to_use_instead() -> None:
    assert set(OPTIONS) == WORKS | set(INSTEAD)


@pytest.mark.parametrize("task", TASKS)
def test_options_without_effect_are_refused_with_every_task(fab: Fab, task: str) -> None:
    for name in INSTEAD:
        forms = OPTIONS[name]
        for words in ([*forms[0].split(), task], *([task, *form.split()] for form in forms)):
            code, out, err = fab(*words)
            assert (code, out) == (2, ""), words
            assert err.startswith(f"error: --{name} has no effect in Slipway\n  → "), words


@pytest.mark.parametrize("task", [task for task in TASKS if isinstance(namespace[task], LocalTask)])
@pytest.mark.parametrize("option", ["--hosts=prod", "--identity=fabfile.py", "--ssh-config=fabfile.py"])
def test_tasks_of_this_machine_take_no_hosts(fab: Fab, task: str, option: str) -> None:
    for words in ([option, task], [task, option]):
        code, _, err = fab(*words)
        assert code == 2
        assert err.startswith(f"error: fab {task} works on this machine: it takes no {option.partition('=')[0]}\n")


@pytest.mark.parametrize("task", [task for task in TASKS if not isinstance(namespace[task], LocalTask)])
def test_all_other_tasks_select_hosts(fab: Fab, task: str) -> None:
    for words in (["--hosts=nope", task], [task, "--hosts=nope"]):
        code, _, err = fab(*words, *WORDS.get(task, []))
        mistake = 1 if task == "plan" else 2  # of plan, 2 says that there are changes
        assert (code, err.splitlines()[0]) == (mistake, "error: unknown group, role or host 'nope'")


@pytest.mark.parametrize("option", ["--identity", "--ssh-config", "--config"])
def test_a_file_that_is_not_there_is_refused(fab: Fab, option: str) -> None:
    code, _, err = fab(f"{option}=gone", "status")
    expected = f"error: {option}: gone is not a file that can be read\n  → Name a file that you may read.\n"
    assert (code, err) == (2, expected)


def test_key_and_ssh_config_of_the_command_line_are_those_that_hosts_are_reached_with(
    fab: Fab, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tasks.shells

    seen: list[Any] = []
    monkeypatch.setattr(tasks.shells, "talk", lambda host, command: seen.append(host))
    (project / "key").write_text("")
    (project / "config").write_text("")
    fab("ssh", "-i", "key", "-S", "config")
    fab("-i", "key", "-S", "config", "ssh")
    fab("ssh")
    assert [(host.identity, host.ssh_config) for host in seen] == [(project / "key", project / "config")] * 2 + [
        (None, None)
    ]
    assert fab("ssh", "-i", "key", "-i", "config")[0] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scale", "--process=web", "--count=x"], "error: --count: 'x' is not a whole number from 0 on"),
        (["deploy", "--watch=-5"], "error: --watch: '-5' is not a whole number from 0 on"),
        (["deploy", "--watch", "five"], "error: --watch: 'five' is not a whole number from 0 on"),
        (["logs", "--lines="], "error: --lines: '' is not a whole number from 0 on"),
        (["-T", "x", "status"], "error: -T: 'x' is not a whole number from 0 on"),
        (["status", "-D", "x"], "error: -D: 'x' is not a whole number from 0 on"),
        (["lab.up", "--count=0"], "error: --count=0 makes no hosts"),
        (["deploy", "--batch=1"], "error: --batch is for the strategies rolling and canary, and this deploy is atomic"),
        (["--help", "nope"], "error: there is no task 'nope'"),
        (["--list=nope"], "error: there is no group of tasks 'nope'"),
        (["--list", "--list-format=nope"], "error: there is no --list-format 'nope'"),
        (["status", "--list-depth=1"], "error: --list-depth belongs to --list"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_clear_line_and_exit_code_2(fab: Fab, words: list[str], said: str) -> None:
    code, out, err = fab(*words)
    assert (code, out, err.splitlines()[0]) == (2, "", said)


def test_a_project_without_fabric_yaml_works(fab: Fab) -> None:
    code, out, _ = fab("open", "--hosts=web1")
    assert (code, out) == (0, "http://192.0.2.1/\n")
