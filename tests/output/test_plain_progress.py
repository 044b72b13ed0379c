"""Progress as plain lines, replayed."""

from __future__ import annotations

import threading
from textwrap import dedent

from slipway.core.shell import Script
from slipway.model.step import Phase, Plan, Step
from slipway.output.colours import Style
from slipway.output.plain_progress import SILENT, Plain
from slipway.output.terminal import Terminal
from tests.output.plans import Clock, Pipe, deploy, phase, step

HOSTS = ("web1", "worker")


class Replay:
    """A deploy into a pipe, with a clock of its own."""

    def __init__(self, hosts: tuple[str, ...] = HOSTS, verbose: bool = False, style: Style | None = None) -> None:
        self.plan, self.clock, self.pipe = deploy(*hosts), Clock(), Pipe()
        self.shown = Plain(hosts, Terminal(self.pipe, style=style or Style()), verbose, self.clock)
        self.shown.begin(self.plan, connect=True)

    def phase(self, name: str) -> None:
        self.shown.phase(phase(self.plan, name))

    def step(self, host: str, name: str) -> None:
        self.shown.step(host, step(self.plan, name))

    def lines(self) -> list[str]:
        return self.pipe.getvalue().splitlines()


def replay_some_of_it(replay: Replay) -> None:
    for host in HOSTS:
        replay.shown.ended(host, "connect", True)
    replay.phase("prepare")
    for host in HOSTS:
        replay.step(host, "code")
    replay.shown.line("web1", "first\tline")
    replay.shown.line("worker", "10%\r100%\r")
    replay.clock.wait(1.5)
    replay.shown.ended("web1", "prepare", True)
    replay.step("worker", "venv")
    replay.clock.wait(1)
    replay.shown.ended("worker", "prepare", False)
    replay.shown.undoing(HOSTS)


def test_a_line_tells_each_phase_and_each_failure() -> None:
    replay = Replay()
    replay_some_of_it(replay)
    assert replay.lines() == [
        "[1/7] Connect: web1, worker",
        "[3/7] Prepare the release: web1, worker",
        "worker | failed: build the venv (2.50 s)",
        "Put everything back: web1, worker",
    ]


def test_verbose_tells_each_step_and_each_line_with_its_host() -> None:
    replay = Replay(verbose=True)
    replay_some_of_it(replay)
    expected = """
        [1/7] Connect: web1, worker
        web1   | connect done (0.00 s)
        worker | connect done (0.00 s)
        [3/7] Prepare the release: web1, worker
        web1   | -- send the code
        worker | -- send the code
        web1   | first   line
        worker | 100%
        web1   | prepare done (1.50 s)
        worker | -- build the venv
        worker | failed: build the venv (2.50 s)
        Put everything back: web1, worker
        """
    assert replay.lines() == dedent(expected).strip().splitlines()


def test_many_hosts_are_counted() -> None:
    replay = Replay(tuple(f"web{number}" for number in range(40)))
    assert replay.lines() == ["[1/7] Connect: 40 hosts"]


def test_a_long_silence_is_broken_by_what_it_waits_for() -> None:
    replay = Replay()
    replay.phase("prepare")
    replay.step("web1", "code")
    replay.clock.wait(30)
    replay.step("web1", "venv")
    replay.shown.tick()
    replay.clock.wait(SILENT - 30)
    replay.shown.tick()
    assert replay.lines()[2:] == [
        "... still at it after 30.0 s: build the venv: web1",
        "... still at it after 1 min 00 s: prepare the release: worker",
    ]
    replay.clock.wait(SILENT - 1)
    replay.shown.tick()
    assert len(replay.lines()) == 4


def test_lines_of_several_threads_stay_whole_and_in_order() -> None:
    hosts = tuple(f"web{number}" for number in range(8))
    replay = Replay(hosts, verbose=True)

    def speak(host: str) -> None:
        for number in range(200):
            replay.shown.line(host, f"line {number}")

    threads = [threading.Thread(target=speak, args=(host,)) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for host in hosts:
        said = [line for line in replay.lines() if line.startswith(f"{host} | ")]
        assert said == [f"{host} | line {number}" for number in range(200)]


def test_nothing_but_text_is_written_without_colours() -> None:
    replay = Replay(verbose=True)
    replay_some_of_it(replay)
    replay.shown.line("web1", "\x1b[31mred\x1b[0m \x1b]0;title\x07and \x1b[2Kmore\x07")
    assert replay.lines()[-1] == "web1   | red and more"
    assert "\x1b" not in replay.pipe.getvalue()


def test_colours_can_be_forced_for_ci() -> None:
    replay = Replay(style=Style(colour=True))
    assert replay.lines() == ["[1/7] \x1b[1mConnect\x1b[0m: web1, worker"]


def test_a_reader_that_is_gone_is_no_reason_to_stop() -> None:
    replay = Replay(verbose=True)
    replay.pipe.close()
    replay_some_of_it(replay)


def test_a_look_before_the_plan_has_no_count_of_its_own() -> None:
    replay = Replay()
    step = Step("settings", "look at the settings", Script("true"))
    look = Plan("env", (Phase("look", "Look at the settings", dict.fromkeys(HOSTS, (step,))),))
    replay.shown.begin(look, True)
    replay.shown.phase(look.phases[0])
    plan = deploy(*HOSTS)
    replay.shown.begin(plan, False)
    replay.shown.phase(plan.phases[0])
    assert replay.lines()[-3:] == [
        "Connect: web1, worker",
        "Look at the settings: web1, worker",
        "[1/6] Look at the hosts: web1, worker",
    ]
