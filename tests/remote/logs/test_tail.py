"""What is told of the logs of a host: whole lines, each once, whatever happens to the files."""

from __future__ import annotations

import gzip
import os
import random
import threading
import time
from pathlib import Path

import pytest

from tests.remote.logs.log_folder import RELEASE, Tail, add, log, numbers, rotate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "log"
    made.mkdir()
    (tmp_path / "releases" / RELEASE).mkdir(parents=True)
    return made


def stamped(second: int, text: str) -> str:
    return f"[2025-11-20 13:{second // 60:02}:{second % 60:02} +0000] {text}\n"


def test_history_is_in_the_order_of_time_and_a_traceback_stays_with_its_line(folder: Path) -> None:
    add(log(folder), stamped(1, "one") + "Traceback\n  File\n" + stamped(3, "three"))
    add(folder / "nginx.error.log", "2025/11/20 13:00:02 [error] two\n")
    assert [line.split()[-1] for line in Tail(folder).all()] == ["one", "Traceback", "File", "two", "three"]


def test_the_last_lines_of_all_logs_together_are_chosen_by_their_times(folder: Path) -> None:
    add(log(folder), "".join(stamped(second, f"web {second}") for second in range(0, 100, 2)))
    add(log(folder, "worker"), "".join(stamped(second, f"worker {second}") for second in range(1, 100, 2)))
    assert numbers(Tail(folder, lines=7).all()) == [93, 94, 95, 96, 97, 98, 99]
    assert numbers(Tail(folder, lines=3, grep="web .*[05]$").all()) == [70, 80, 90]
    assert Tail(folder, lines=0).all() == []


def test_lines_without_a_time_at_the_end_are_as_young_as_their_file(folder: Path) -> None:
    add(log(folder, "worker"), stamped(0, "booted") + "working 1\nworking 2\n")
    add(log(folder), stamped(30, "long ago"))
    assert Tail(folder, lines=2).all() == ["working 1", "working 2"]
    assert Tail(folder, lines=None, ago=600).all() == ["working 1", "working 2"]


def test_since_begins_at_a_time_whatever_the_size_of_the_log(folder: Path) -> None:
    path = log(folder)
    add(path, "".join(stamped(at // 100, f"{'x' * 200} {at}") for at in range(40_000, 160_000)))
    os.utime(path, (1763648400, 1763648400))
    tail = Tail(folder, lines=None, at=1763643600 + 1200)  # 13:20:00
    assert numbers(tail.all()) == list(range(120_000, 160_000))


def test_history_reaches_into_rotated_and_compressed_files(folder: Path) -> None:
    base = folder / "nginx.access.log"
    base.with_name("nginx.access.log.2.gz").write_bytes(gzip.compress(b"line 1\nline 2\nline 3\n"))
    base.with_name("nginx.access.log.1").write_text("line 4\nline 5\n")
    base.write_text("line 6\n")
    assert numbers(Tail(folder, lines=5).all()) == [2, 3, 4, 5, 6]
    assert numbers(Tail(folder, lines=2).all()) == [5, 6]


def test_a_line_that_goes_on_in_the_next_file_is_whole(folder: Path) -> None:
    path = log(folder)
    path.with_name(f"{path.name}.1").write_text("line 1\nli")
    path.write_text("ne 2\nline 3\n")
    assert Tail(folder).all() == ["line 1", "line 2", "line 3"]
    assert Tail(folder, lines=2).all() == ["line 2", "line 3"]
    tail = Tail(folder, lines=0, follow=True)
    tail.wait(lambda: tail.live)
    add(path, "line 4\nlin")
    tail.wait(lambda: len(tail.lines) == 1)
    rotate(path)
    add(path, "e 5\n")
    tail.wait(lambda: tail.lines == ["line 4", "line 5"])
    tail.end()


def test_a_last_line_without_an_end_is_shown_if_nothing_follows(folder: Path) -> None:
    add(log(folder), "line 1\nline 2")
    assert Tail(folder).all() == ["line 1", "line 2"]


@pytest.mark.parametrize("timed", [False, True])
def test_no_line_is_lost_or_doubled_while_files_rotate_under_a_slow_reader(folder: Path, timed: bool) -> None:
    path, total = log(folder), 30_000
    path.touch()
    tail = Tail(folder, lines=None, follow=True, timed=timed)
    tail.wait(lambda: tail.live)

    def write() -> None:
        text = b"".join(b"line %d\n" % number for number in range(total))
        at, choose = 0, random.Random(7)
        while at < len(text):
            size = choose.randrange(1, 4000)
            add(path, text[at : at + size])
            at += size
            if path.stat().st_size > 20_000:
                rotate(path, backups=9)  # so that a file lives for longer than it takes to be found
                time.sleep(0.1)

    writer = threading.Thread(target=write)
    tail.gate.clear()
    writer.start()
    time.sleep(0.5)
    tail.gate.set()
    writer.join()
    tail.wait(lambda: tail.text.count(b"\n") >= total)
    time.sleep(0.3)
    assert numbers(tail.lines) == list(range(total))
    tail.end()


def test_another_connection_goes_on_where_the_last_one_ended(folder: Path) -> None:
    path, total = log(folder), 20_000
    path.touch()
    written = threading.Event()

    def write() -> None:
        for number in range(total):
            add(path, f"line {number}\n")
            if path.stat().st_size > 60_000:
                rotate(path)
        written.set()

    threading.Thread(target=write, daemon=True).start()
    heard: list[int] = []
    resume: dict[str, object] = {}
    while len(heard) < total:
        tail = Tail(folder, lines=None, follow=True, **resume)
        before = len(heard)
        tail.wait(lambda tail=tail: len(tail.text) > 20_000 or written.is_set())  # type: ignore[misc]
        if written.is_set():
            tail.wait(lambda tail=tail, before=before: before + tail.text.count(b"\n") >= total)  # type: ignore[misc]
        tail.end()
        heard += numbers(tail.lines)
        resume = tail.resume
        assert tail.notes == []
    assert heard == list(range(total))


def test_a_file_that_got_the_number_of_another_one_is_not_taken_for_it(folder: Path) -> None:
    path = log(folder)
    add(path, "line 1\nline 2\n")
    tail = Tail(folder)
    tail.all()
    resume = tail.resume
    path.write_text("line A1\nline A2\nline A3\n")  # the same inode
    again = Tail(folder, **resume)
    assert again.all() == ["line A1", "line A2", "line A3"]
    assert again.notes == ["lines of web were rotated away meanwhile"]


def test_a_new_release_joins_in_and_the_last_lines_of_the_old_one_still_come(folder: Path) -> None:
    old, new = log(folder), log(folder, release="20261121-000000-def5678")
    add(old, "old 1\n")
    tail = Tail(folder, lines=0, follow=True)
    tail.wait(lambda: tail.live)
    add(new, "new 1\n")
    tail.wait(lambda: tail.lines == ["new 1"])
    add(old, "old 2\n")
    tail.wait(lambda: len(tail.lines) == 2)
    add(old, "old 3\n")
    old.unlink()
    tail.wait(lambda: tail.lines[1:] == ["old 2", "old 3"])
    tail.end()


def test_only_the_release_that_was_asked_for_is_shown(folder: Path) -> None:
    other = "20261121-000000-def5678"
    add(log(folder), "one\n")
    add(log(folder, release=other), "two\n")
    (folder.parent / "current").symlink_to(f"releases/{other}")
    assert Tail(folder, release=RELEASE).all() == ["one"]
    assert Tail(folder, release="abc12").all() == ["one"]
    assert Tail(folder, release="current").all() == ["two"]
    assert Tail(folder, release="standby").all() == []


def test_what_becomes_current_joins_in_without_its_past(folder: Path) -> None:
    other = "20261121-000000-def5678"
    add(log(folder), "one\n")
    add(log(folder, release=other), "its past\n")
    link = folder.parent / "current"
    link.symlink_to(f"releases/{RELEASE}")
    tail = Tail(folder, release="current", follow=True)
    tail.wait(lambda: tail.lines == ["one"])
    link.unlink()
    link.symlink_to(f"releases/{other}")
    time.sleep(0.5)
    add(log(folder, release=other), "two\n")
    tail.wait(lambda: tail.lines == ["one", "two"])
    tail.end()


def test_lines_of_megabytes_are_cut_with_a_mark_and_binary_passes(folder: Path) -> None:
    path = log(folder)
    tail = Tail(folder, follow=True)
    tail.wait(lambda: tail.live)
    for _ in range(5):
        add(path, "ä" * 500_000)
    add(path, b"\n\x00\xff\xfe\n")
    tail.wait(lambda: tail.text.endswith(b"\xfe\n"))
    long, binary = tail.text.splitlines()
    assert long.decode() == "ä" * 8192 + f" [... {5_000_000 - 16384} more bytes]"
    assert binary == b"\x00\xff\xfe"
    tail.end()
    assert Tail(folder, lines=2).all()[0] == long.decode()


def test_it_ends_at_once_when_nobody_listens_even_if_nothing_is_taken(folder: Path) -> None:
    path = log(folder)
    add(path, b"x" * 99 + b"\n")
    tail = Tail(folder, follow=True)
    tail.wait(lambda: tail.live)
    tail.gate.clear()
    for _ in range(100):
        add(path, (b"y" * 99 + b"\n") * 1000)
    time.sleep(0.5)
    started = time.monotonic()
    assert tail.process.stdin
    tail.process.stdin.close()
    tail.process.wait(3)
    assert time.monotonic() - started < 0.5
    tail.gate.set()


def test_it_ends_when_the_other_side_shows_no_sign_of_life(folder: Path) -> None:
    tail = Tail(folder, follow=True, silence=0.5)
    assert tail.process.wait(5) == 0


def test_it_takes_little_memory_however_much_there_is(folder: Path) -> None:
    path = log(folder)
    add(path, (b"z" * 999 + b"\n") * 40_000)
    tail = Tail(folder, lines=None, follow=True)
    tail.wait(lambda: tail.live)
    status = Path(f"/proc/{tail.process.pid}/status").read_text()
    assert int(status.partition("VmHWM:")[2].split()[0]) < 40_000  # KiB
    tail.end()


def test_following_a_task_ends_with_it(folder: Path) -> None:
    add(folder / "output", "working\n")
    folders = [{"path": str(folder), "match": "output", "process": "task:1"}]
    tail = Tail(folder, folders=folders, follow=True, until=str(folder / "end.json"))
    tail.wait(lambda: tail.lines == ["working"])
    add(folder / "output", "done")
    (folder / "end.json").touch()
    assert tail.all() == ["working", "done"]


def of_gone(day: int) -> str:
    """A release of that day that is there no more."""
    return f"202511{day:02}-120000-abc1234"


def test_logs_of_releases_that_are_gone_are_shown_as_far_back_as_was_asked(folder: Path) -> None:
    for day in (10, 12, 14):
        path = log(folder, release=of_gone(day))
        add(path, f"[2025-11-{day} 12:00:01 +0000] day {day}\n[2025-11-{day + 1} 12:00:01 +0000] day {day + 1}\n")
        os.utime(path, (1762689600 + (day - 8) * 86400,) * 2)
    add(log(folder), stamped(1, "day 20"))
    assert numbers(Tail(folder).all()) == [10, 11, 12, 13, 14, 15, 20]
    assert numbers(Tail(folder, release=of_gone(12)).all()) == [12, 13]
    some = Tail(folder, lines=None, at=1762862400 + 86400)  # noon of the 12th
    assert numbers(some.all()) == [12, 13, 14, 15, 20]
    assert some.notes == []  # it reaches so far: there is a log of the 10th


def test_it_is_said_where_history_begins_if_that_is_later_than_asked(folder: Path) -> None:
    """The web server's first lines were rotated away; the worker has not said a word yet."""
    path = log(folder)
    for second in (100, 200, 300, 400, 500):
        add(path, stamped(second, "hello"))
        rotate(path)
    add(log(folder, "worker"), "no time\n")
    tail = Tail(folder, lines=None, at=1763643600)
    tail.all()
    (note,) = tail.notes
    assert "web at 2025-11-20 13:05:00" in note
    assert "worker at 2026-11-20 13:15:02" in note  # when its release was made


def test_history_that_reaches_so_far_is_not_worth_a_word(folder: Path) -> None:
    add(log(folder), stamped(100, "booted"))
    add(folder / "nginx.error.log", "2025/11/20 13:30:02 [error] the only one\n")
    tail = Tail(folder, lines=None, at=1763643600 + 110)
    tail.all()
    assert tail.notes == []


def test_thousands_of_logs_are_read_without_opening_all_of_them(folder: Path) -> None:
    for number in range(1500):
        path = log(folder, release=f"20251101-{number // 100:02}{number % 60:02}{number // 60:02}-{number:07x}")
        path.write_text(f"line {number}\n")
        os.utime(path, (1762000000 + number,) * 2)
    assert numbers(Tail(folder, lines=3).all()) == [1497, 1498, 1499]
    assert numbers(Tail(folder, lines=3, grep="line 1[0-9]$").all()) == [17, 18, 19]
