"""Progress goes the way that suits where it goes, and ends with its block."""

from __future__ import annotations

import threading
import time

import pytest

from slipway.output.live_progress import Live
from slipway.output.plain_progress import Plain
from slipway.output.progress import progress, silence
from slipway.output.terminal import Terminal
from tests.output.plans import Pipe, Screen, deploy, live, phase

PLAN = deploy("web1")


def test_a_terminal_is_drawn_on_while_the_block_runs() -> None:
    screen = Screen()
    with progress(["web1"], to=live(screen)) as reporter:
        assert isinstance(reporter, Live)
        reporter.begin(PLAN, connect=True)
        deadline = time.monotonic() + 10
        while "connect" not in screen.text() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert "web1" in screen.text()
    assert screen.text() == ""


def test_a_pipe_gets_lines() -> None:
    pipe = Pipe()
    with progress(["web1"], to=Terminal(pipe)) as reporter:
        assert isinstance(reporter, Plain)
        reporter.begin(PLAN, connect=False)
        reporter.phase(phase(PLAN, "survey"))
    assert pipe.getvalue() == "[1/6] Look at the hosts: web1\n"


def test_the_place_is_free_again_whatever_happens() -> None:
    screen = Screen()
    with pytest.raises(KeyboardInterrupt), progress(["web1"], to=live(screen)) as reporter:
        reporter.begin(PLAN, connect=True)
        reporter.tick()
        raise KeyboardInterrupt
    assert screen.text() == ""
    assert not [thread for thread in threading.enumerate() if thread.name == "progress"]


def test_silence_takes_everything_in(capsys: pytest.CaptureFixture[str]) -> None:
    with silence() as reporter:
        reporter.begin(PLAN, True)
        reporter.phase(PLAN.phases[0])
        reporter.line("web1", "text")
        reporter.ended("web1", "survey", True)
        reporter.undoing(["web1"])
    assert capsys.readouterr() == ("", "")
