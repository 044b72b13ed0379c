"""Progress in a real pseudo-terminal: what arrives there, Ctrl-C, resizing, and what is left behind."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import ANY

import pytest

from tests.output.plans import Screen

# A deploy that has come to its second step on one host, and waits there to be stopped.
PROGRAM = """
import sys, threading
from slipway.output.progress import progress
from tests.output.plans import deploy, phase, step

plan = deploy("web1", "web2")
try:
    with progress(["web1", "web2"], verbose="verbose" in sys.argv) as reporter:
        reporter.begin(plan, connect=True)
        for host in ("web1", "web2"):
            reporter.ended(host, "connect", True)
        reporter.phase(phase(plan, "prepare"))
        reporter.step("web1", step(plan, "venv"))
        reporter.line("web1", "Downloading")
        threading.Event().wait(30)
except KeyboardInterrupt:
    print("interrupted, all hosts reverted")
    sys.exit(130)
"""


class RunningRelease:
    """The program in a terminal of its own."""

    def __init__(self, root: Path, *arguments: str, **environ: str) -> None:
        self.master, slave = pty.openpty()
        self.resize(90, 24)
        self.before = termios.tcgetattr(slave)
        given = {"TERM": "xterm-256color", "PYTHONPATH": str(root), **environ}
        kept = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR", "COLUMNS")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            stdin=slave, stdout=slave, stderr=slave, env=kept | given, cwd=root, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        self.slave = slave
        self.screen = Screen(90, 24)
        self.raw = self.rest = ""  # the rest: an escape sequence that was cut in two
        self.decoder = codecs.getincrementaldecoder("utf-8")()  # a character may be cut in two

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, text: str) -> str:
        """Read until the screen shows a text; all that it shows then."""
        deadline = time.monotonic() + 20
        while text not in self.screen.text() and time.monotonic() < deadline:
            self.read(0.2)
        assert text in self.screen.text()
        return self.screen.text()

    def end(self) -> str:
        """Wait for the end; all that the screen shows then."""
        self.process.wait(20)
        while self.read(0.2):
            pass
        return self.screen.text()

    def read(self, patience: float) -> bool:
        """Take in what arrives within some seconds; whether anything did."""
        if not select.select([self.master], [], [], patience)[0]:
            return False
        text = self.decoder.decode(os.read(self.master, 65536))
        self.raw += text
        whole, escape, rest = (self.rest + text).rpartition("\x1b")
        complete = not escape or any(character.isalpha() for character in rest)
        self.screen.write(whole + escape + rest if complete else whole)
        self.rest = "" if complete else escape + rest
        return True


Run = Callable[..., RunningRelease]


@pytest.fixture
def run(root: Path) -> Iterator[Run]:
    made: list[RunningRelease] = []

    def start(*arguments: str, **environ: str) -> RunningRelease:
        made.append(RunningRelease(root, *arguments, **environ))
        return made[-1]

    yield start
    for one in made:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()
        os.close(one.master)
        os.close(one.slave)


def test_the_live_lines_are_drawn_again_and_again(run: Run) -> None:
    running = run()
    shown = running.until("build the venv  Downloading")
    assert [line.split()[:2] for line in shown.splitlines()[1:]] == [[ANY, "web1"], [ANY, "web2"]]
    deadline = time.monotonic() + 20
    while running.screen.text() == shown and time.monotonic() < deadline:
        running.read(0.2)
    assert running.screen.text() != shown
    assert len(running.screen.text().splitlines()) == 3


def test_ctrl_c_leaves_only_the_report_and_a_sane_terminal(run: Run) -> None:
    running = run()
    running.until("build the venv")
    os.write(running.master, b"\x03")
    shown = running.end()
    assert running.process.returncode == 130
    assert shown == "interrupted, all hosts reverted"
    assert termios.tcgetattr(running.slave) == running.before


def test_no_mode_of_the_terminal_is_changed_so_that_even_a_kill_leaves_it_sane(run: Run) -> None:
    running = run()
    running.until("build the venv")
    running.process.send_signal(signal.SIGKILL)
    running.end()
    assert "\x1b[?" not in running.raw
    assert termios.tcgetattr(running.slave) == running.before


def test_a_new_width_is_kept_to_at_once(run: Run) -> None:
    running = run()
    running.until("· switch  · finish")
    running.resize(60, 24)
    running.until("Prepare the release (3 of 7)")


def test_verbose_lines_stay_when_the_live_lines_go(run: Run) -> None:
    running = run("verbose")
    running.until("build the venv  Downloading")
    os.write(running.master, b"\x03")
    assert running.end().replace("^C", "").splitlines() == [
        "Prepare the release",
        "web1 | -- build the venv",
        "web1 | Downloading",
        "interrupted, all hosts reverted",
    ]


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"CI": "true"}])
def test_plain_lines_where_somebody_wants_them(run: Run, environ: dict[str, str]) -> None:
    running = run(**environ)
    running.until("[3/7] Prepare the release: web1, web2")
    running.process.send_signal(signal.SIGINT)
    assert running.end().splitlines()[0] == "[1/7] Connect: web1, web2"
    assert "\x1b" not in running.raw
