"""Progress on a terminal, replayed: what somebody would see at each moment."""

from __future__ import annotations

from textwrap import dedent

import pytest

from slipway.output.colours import PLAIN, Style
from slipway.output.live_progress import Live
from tests.output.plans import Clock, Screen, deploy, live, phase, step

HOSTS = ("web1", "web2", "worker")
COMMAND = "$ fab\n"


class Replay:
    """A deploy on a screen, with a clock of its own."""

    def __init__(
        self,
        hosts: tuple[str, ...] = HOSTS,
        columns: int = 100,
        rows: int = 24,
        verbose: bool = False,
        style: Style = PLAIN,
    ) -> None:
        self.plan, self.clock, self.screen = deploy(*hosts), Clock(), Screen(columns, rows)
        self.screen.write(COMMAND)
        self.shown = Live(hosts, live(self.screen, style), verbose, self.clock)
        self.shown.begin(self.plan, connect=True)

    def connected(self) -> None:
        for host in self.plan.phases[0].steps:
            self.shown.ended(host, "connect", True)

    def phase(self, name: str) -> None:
        self.shown.phase(phase(self.plan, name))

    def step(self, host: str, name: str) -> None:
        self.shown.step(host, step(self.plan, name))

    def after(self, seconds: float) -> str:
        """What is seen some time later, below the command line."""
        self.clock.wait(seconds)
        self.shown.tick()
        return self.screen.text().removeprefix(COMMAND)


@pytest.fixture
def replay() -> Replay:
    return Replay()


def seen(text: str) -> str:
    return dedent(text).strip("\n")


def test_nothing_is_shown_before_a_plan_begins() -> None:
    screen = Screen()
    Live(HOSTS, live(screen), clock=Clock()).tick()
    assert screen.text() == ""


def test_each_host_has_a_line_while_it_connects(replay: Replay) -> None:
    assert replay.after(0.2) == seen("""
        deploy  0.2 s  ⠹ connect  · survey  · prepare  · migrate  · boot  · switch  · finish
          ⠹ web1    0.2 s  connect
          ⠹ web2    0.2 s  connect
          ⠹ worker  0.2 s  connect
        """)


def test_a_host_shows_its_step_how_long_it_takes_and_its_last_line(replay: Replay) -> None:
    replay.connected()
    replay.phase("prepare")
    for host in HOSTS:
        replay.step(host, "code")
    replay.clock.wait(1)
    replay.step("web1", "venv")
    replay.shown.line("web1", "Resolving")
    replay.shown.line("web1", "\x1b[1mDownloading\x1b[0m django (8.2MiB)\r\n")
    replay.shown.ended("web2", "prepare", True)
    assert replay.after(0.5) == seen("""
        deploy  1.5 s  ✓ connect  ✓ survey  ⠴ prepare  · migrate  · boot  · switch  · finish
          ⠴ web1    0.5 s  build the venv  Downloading django (8.2MiB)
          ✓ web2    1.0 s
          ⠴ worker  1.5 s  send the code
        """)


def test_hosts_that_have_no_part_in_a_phase_wait(replay: Replay) -> None:
    replay.connected()
    replay.phase("migrate")
    replay.step("web1", "migrate")
    assert replay.after(75.3) == seen("""
        deploy 75.3 s  ✓ connect  ✓ survey  ✓ prepare  ⠹ migrate  · boot  · switch  · finish
          ⠹ web1   75.3 s  run migrations
          · web2
          · worker
        """)
    assert replay.after(60).splitlines()[:2] == [
        "deploy  2:15   ✓ connect  ✓ survey  ✓ prepare  ⠹ migrate  · boot  · switch  · finish",
        "  ⠹ web1    2:15   run migrations",
    ]


def test_a_failure_and_the_way_back_are_seen(replay: Replay) -> None:
    replay.connected()
    replay.phase("boot")
    for host in HOSTS:
        replay.step(host, "boot")
    replay.clock.wait(2)
    replay.shown.ended("web2", "boot", False)
    assert replay.after(0).splitlines()[2] == "  ✗ web2    2.0 s  failed: boot beside the current release"
    replay.shown.undoing(["web1", "web2"])
    replay.clock.wait(0.3)
    replay.shown.ended("web1", "undo", True)
    replay.shown.ended("worker", "boot", True)  # late, and no news any more
    assert replay.after(0) == seen("""
        deploy  2.3 s  ✗ boot  reverting all hosts
          ✓ web1    0.3 s
          ⠹ web2    0.3 s  revert what was changed
          ⠹ worker  2.3 s  boot beside the current release
        """)


def test_a_second_plan_on_connected_hosts_begins_anew(replay: Replay) -> None:
    replay.connected()
    replay.clock.wait(3)
    replay.shown.begin(replay.plan, connect=False)
    replay.phase("survey")
    assert replay.after(0.1).splitlines()[:2] == [
        "deploy  0.1 s  ⠙ survey  · prepare  · migrate  · boot  · switch  · finish",
        "  ⠙ web1    0.1 s  look at the hosts",
    ]


def test_the_report_takes_the_place_of_the_live_lines(replay: Replay) -> None:
    replay.after(0.1)
    replay.shown.close()
    replay.screen.write("the report\n")
    assert replay.screen.text() == f"{COMMAND}the report"


def test_verbose_keeps_each_step_and_line_above_the_live_lines() -> None:
    replay = Replay(("web1", "db"), columns=60, verbose=True)
    replay.connected()
    replay.phase("survey")
    replay.step("web1", "survey")
    replay.shown.line("web1", "10 GiB free")
    replay.after(0.1)
    replay.shown.line("db", "long " * 20)
    assert replay.after(0.1) == seen("""
        Look at the hosts
        web1 | -- look at the host
        web1 | 10 GiB free
        db   | long long long long long long long long long long lon
        g long long long long long long long long long
        deploy  0.2 s  ⠹ Look at the hosts (2 of 7)
          ⠹ web1  0.2 s  look at the host  10 GiB free
          ⠹ db    0.2 s  look at the hosts  long long long long lo…
        """)
    replay.shown.line("db", "the last word")
    replay.shown.close()
    assert replay.screen.text().splitlines()[-1] == "db   | the last word"


@pytest.mark.parametrize("columns", [10, 20, 40, 60, 79, 80, 81, 100, 200])
def test_no_line_ever_wraps(columns: int) -> None:
    replay = Replay((*HOSTS, "a-host-with-a-very-long-name.example.com", "日本語のホスト"), columns=columns)
    replay.connected()
    replay.phase("prepare")
    replay.step("web1", "venv")
    replay.shown.line("web1", "wide 日本語 and long " * 20)
    lines = replay.after(1).splitlines()
    assert len(lines) == 6
    assert lines[1].lstrip().startswith("⠋ web1"[: columns - 4])


def test_forty_hosts_are_counted_and_failures_are_named() -> None:
    hosts = tuple(f"web{number:02}" for number in range(1, 41))
    replay = Replay(hosts, columns=72)
    replay.connected()
    replay.phase("prepare")
    for host in hosts[:30]:
        replay.step(host, "code")
    for host in hosts[30:]:
        replay.step(host, "venv")
    for host in hosts[20:28]:
        replay.shown.ended(host, "prepare", True)
    replay.shown.ended("web31", "prepare", False)
    assert replay.after(1.2) == seen("""
        deploy  1.2 s  ⠹ Prepare the release (3 of 7)
          ✗ 1 failed  ⠹ 31 at work  ✓ 8 through
            ✗ build the venv  1  web31
            ⠹ send the code  22  web01, web02, web03, web04, web05, web06, web…
            ⠹ build the venv  9  web32, web33, web34, web35, web36, web37, web…
        """)


def test_hosts_are_counted_too_where_the_terminal_is_low() -> None:
    replay = Replay(rows=4)
    assert replay.after(0.1) == seen("""
        deploy  0.1 s  ⠙ connect  · survey  · prepare  · migrate  · boot  · switch  · finish
          ⠙ 3 at work
            ⠙ connect  3  web1, web2, worker
        """)


def test_a_terminal_that_becomes_wider_or_narrower_keeps_no_rest(replay: Replay) -> None:
    replay.after(0.1)
    for columns in (120, 60, 40):
        # As terminals do: lines that are too long now are wrapped, and the cursor stays behind them.
        lines = replay.screen.text().splitlines()
        replay.screen.cells = [list(line[at : at + columns]) for line in lines for at in range(0, len(line), columns)]
        replay.screen.cells.append([])
        replay.screen.row, replay.screen.columns = len(replay.screen.cells) - 1, columns
        shown = replay.after(0.1).splitlines()
        assert len(shown) == 4
        assert shown[0].startswith("deploy")


def test_a_frame_is_one_write_of_the_lines_that_changed(replay: Replay) -> None:
    replay.connected()
    replay.phase("migrate")
    replay.after(0)
    replay.screen.writes.clear()
    replay.after(0.1)
    (frame,) = replay.screen.writes
    assert "web1" in frame
    assert "web2" not in frame
    assert "\x1b[J" not in frame


def test_colours_are_the_same_for_a_host_everywhere() -> None:
    replay = Replay(style=Style(colour=True), verbose=True)
    replay.shown.line("web1", "text")
    replay.after(0.1)
    frame = "".join(replay.screen.writes)
    (colour,) = {part.split("m")[0] for part in frame.split("\x1b[") if "mweb1" in part}
    assert colour in {"36", "35", "33", "94", "95", "96", "93", "34"}


def test_a_terminal_that_is_gone_is_no_reason_to_stop(replay: Replay) -> None:
    replay.screen.close()
    replay.shown.tick()
    replay.shown.close()
