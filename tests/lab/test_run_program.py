from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from slipway.core.errors import SlipwayError
from slipway.lab import folder_locks
from slipway.lab.run_program import must, run


def test_a_program_that_is_not_there_is_an_answer_and_no_traceback() -> None:
    answer = run(["no-such-program"])
    assert (answer.code, answer.reason) == (127, "no-such-program: not installed")


def test_a_program_that_hangs_is_ended() -> None:
    started = time.monotonic()
    assert run(["sleep", "30"], timeout=0.2).reason == "sleep: no answer within 0.2 s"
    assert time.monotonic() - started < 5


def test_a_failure_says_what_it_was_for_and_the_last_words() -> None:
    with pytest.raises(SlipwayError) as caught:
        must(["sh", "-c", "echo first >&2; echo last >&2; exit 3"], "start lab1", hint="do that")
    assert (caught.value.message, caught.value.hint) == ("cannot start lab1: last", "do that")


def test_a_program_reads_what_it_is_given_or_nothing() -> None:
    assert run(["cat"], data=b"x").stdout == b"x"
    assert run(["cat"]).stdout == b""


def test_a_lock_is_waited_for_and_leaves_no_file(tmp_path: Path) -> None:
    said: list[str] = []
    order: list[str] = []

    def second() -> None:
        with folder_locks.held(tmp_path, "busy", said.append):
            order.append("second")

    with folder_locks.held(tmp_path, "busy", said.append):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(1.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert said == ["waiting: busy"]
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_never_frees_is_an_error(tmp_path: Path) -> None:
    with (
        folder_locks.held(tmp_path, "busy", print),
        pytest.raises(SlipwayError, match="busy"),
        folder_locks.held(tmp_path, "busy", print, seconds=0.1),
    ):
        pass
