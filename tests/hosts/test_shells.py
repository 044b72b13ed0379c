"""Shells on real hosts, at a real terminal and without one."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import FAB, ROOT, Project


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    made = new_project("shelly", on=("lab1", "lab2"), env={"GREETING": "a 'b' $c"})
    made.deploy()
    return made


def piped(project: Project, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run fab with something on its standard input."""
    env = {**os.environ, "SLIPWAY_INVENTORY": str(project.folder / "inventory.toml")}
    return subprocess.run(
        [str(FAB), "-r", str(ROOT), *words], input=text, env=env, cwd=project.folder, text=True, capture_output=True,
        timeout=60, check=False,
    )  # fmt: skip


class Terminal:
    """A terminal of its own, with fab in it."""

    def __init__(self, project: Project, *words: str) -> None:
        self.said = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(SLIPWAY_INVENTORY=str(project.folder / "inventory.toml"), TERM="xterm")
            os.execv(FAB, [str(FAB), "-r", str(ROOT), *words])

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        self.said = ""
        os.write(self.fd, text.encode())

    def until(self, pattern: str, within: float = 20) -> None:
        """Wait for something to be said."""
        deadline = time.monotonic() + within
        while not re.search(pattern, self.said):
            assert time.monotonic() < deadline, f"no {pattern!r} in {self.said!r}"
            if select.select([self.fd], [], [], 0.2)[0]:
                self.said += os.read(self.fd, 4096).decode("utf-8", "replace")

    def code(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_shell_is_a_real_terminal_in_the_release(project: Project) -> None:
    terminal = Terminal(project, "shell")
    terminal.resize(30, 100)
    terminal.until(r"lab1 \(the first of 2\)[^$]*shelly@lab1")
    terminal.type('stty size; echo "<$GREETING>"; command -v python\n')
    terminal.until(r"[\r\n]30 100\r\n<a 'b' \$c>\r\n.*/venv/bin/python")
    terminal.resize(44, 133)
    time.sleep(0.5)
    terminal.type("stty size\n")
    terminal.until(r"[\r\n]44 133\r\n")
    terminal.type("sleep 4711\n")
    time.sleep(0.5)
    terminal.type("\x03")
    terminal.until(r"shelly@lab1")
    terminal.type("exit 7\n")
    assert terminal.code() == 7
    assert not project.on("lab1", "pgrep -af '[s]leep 4711' || true")


def test_a_terminal_that_is_closed_leaves_nothing_behind(project: Project) -> None:
    terminal = Terminal(project, "shell")
    terminal.until(r"shelly@lab1")
    terminal.type("sleep 4712\n")
    time.sleep(0.5)
    os.close(terminal.fd)
    os.waitpid(terminal.pid, 0)
    deadline = time.monotonic() + 10
    while project.on("lab1", "pgrep -af '[s]leep 4712' || true"):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_console_is_python_in_the_release(project: Project) -> None:
    text = "import os, sys; print(sys.prefix, os.environ['GREETING']); sys.exit(5)\n"
    done = piped(project, text, "console", "--hosts=lab2")
    assert done.returncode == 5, done.stderr
    assert done.stdout == f"{project.base}/releases/{project.current('lab2')}/venv a 'b' $c\n"
    terminal = Terminal(project, "console")
    terminal.until(r">>> ")
    terminal.type("6 * 7\n")
    terminal.until(r"[\r\n]42\r\n")
    terminal.type("exit(3)\n")
    assert terminal.code() == 3


def test_a_shell_reads_a_script_where_there_is_no_terminal(project: Project) -> None:
    done = piped(project, "pwd\nexit 6\n", "shell")
    assert (done.returncode, done.stdout.splitlines()) == (
        6, [f"{project.base}/releases/{project.current('lab1')}/app"],
    )  # fmt: skip


def test_ssh_is_a_login_as_the_login_user(project: Project) -> None:
    done = piped(project, "id -un; exit 9\n", "ssh", "--hosts=lab2")
    assert done.returncode == 9, done.stderr
    assert done.stdout.splitlines()[-1] == (project.hosts["lab2"].user or "deploy")


def test_open_prints_the_address(project: Project) -> None:
    run = project.fab("open", DISPLAY="")
    assert (run.code, run.out) == (0, "http://shelly.test/\n" if not project.hosts.rootless else run.out)


def last_of_history(project: Project) -> dict[str, str]:
    run = project.fab("history", "--json", "--last=1", "--hosts=lab1")
    (last,) = json.loads(run.out)["hosts"]["lab1"]
    return dict(last)


def test_a_command_that_asks_has_the_terminal_and_its_end_is_in_the_history(project: Project) -> None:
    terminal = Terminal(project, "run", "python", "-c", "print('hello ' + input('name? ')); raise SystemExit(3)")
    terminal.until(r"name\? ")
    terminal.type("Ada\n")
    terminal.until(r"hello Ada")
    assert terminal.code() == 3
    last = last_of_history(project)
    assert (last["operation"], last["outcome"], last["command"][:9]) == ("task", "failed", "python -c")


def test_a_command_at_a_terminal_that_is_closed_is_ended_and_recorded(project: Project) -> None:
    terminal = Terminal(project, "run", "sh", "-c", "echo be'gun'; sleep 4713")
    terminal.until(r"begun")
    os.close(terminal.fd)
    os.waitpid(terminal.pid, 0)
    deadline = time.monotonic() + 10
    while project.on("lab1", "pgrep -af '[s]leep 4713' || true"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    last = last_of_history(project)
    assert (last["outcome"], "4713" in last["command"]) == ("failed", True)


def test_free_words_are_a_command_without_a_terminal_too(project: Project) -> None:
    run = project.fab(
        "run", "--hosts=lab2", "python", "-c", "import sys; print(sys.stdin.isatty(), sys.argv)", "a b", "$c"
    )
    assert (run.code, run.out) == (0, "False ['-c', 'a b', '$c']\n"), run.text
    assert "task 20" in run.err
    assert project.fab("exec", "--hosts=lab2", "--", "echo", "--hosts=x").out == "--hosts=x\n"
    assert project.fab("status", "lab2", "--json").code == 0
