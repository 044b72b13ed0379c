"""The order of lines of several hosts, on a clock that stands still."""

from __future__ import annotations

import threading
import time

from slipway.logs.merge_hosts import PATIENCE, ROOM, Batch, Merge


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def batch(host: str, at: float | None, text: str = "x\n") -> Batch:
    return Batch(host, "web", "", text.encode(), at)


def taken(merge: Merge) -> list[tuple[str, float | None]]:
    return [(item.host, item.time) for item in merge.take(0) or []]


def test_history_is_merged_by_time() -> None:
    merge = Merge(["a", "b"], Clock())
    for at in (1.0, 4.0, 5.0):
        merge.put(batch("a", at))
    assert taken(merge) == []  # b may have older ones
    for at in (2.0, 3.0):
        merge.put(batch("b", at))
    assert taken(merge) == [("a", 1.0), ("b", 2.0), ("b", 3.0)]
    merge.live("b")
    assert taken(merge) == [("a", 4.0), ("a", 5.0)]


def test_what_follows_comes_as_it_came_and_after_all_history() -> None:
    merge = Merge(["a", "b"], Clock())
    merge.live("a")
    merge.put(batch("a", None))
    assert taken(merge) == []
    merge.put(batch("b", 9.0))
    merge.live("b")
    merge.put(batch("b", None))
    merge.put(batch("a", 3.0))
    assert taken(merge) == [("b", 9.0), ("a", None), ("b", None), ("a", 3.0)]


def test_the_others_do_not_wait_long_for_a_host_that_is_silent() -> None:
    clock = Clock()
    merge = Merge(["a", "b"], clock)
    merge.put(batch("a", 5.0))
    merge.put(batch("a", 6.0))
    assert taken(merge) == []
    clock.now += PATIENCE
    assert taken(merge) == [("a", 5.0), ("a", 6.0)]
    merge.put(batch("b", 1.0))
    merge.live("a")
    assert taken(merge) == [("b", 1.0)]


def test_a_host_that_failed_is_not_waited_for_and_the_end_is_told() -> None:
    merge = Merge(["a", "b"], Clock())
    merge.put(batch("a", 5.0))
    merge.over("b")
    merge.over("a")
    assert taken(merge) == [("a", 5.0)]
    assert merge.take(0) is None


def test_what_was_missed_comes_before_what_follows() -> None:
    merge = Merge(["a", "b"], Clock())
    merge.live("a")
    merge.live("b")
    merge.past("b")
    merge.put(batch("a", None))
    assert taken(merge) == []
    merge.put(batch("b", 7.0))
    merge.live("b")
    assert taken(merge) == [("b", 7.0), ("a", None)]


def test_a_host_waits_while_much_of_it_has_not_been_taken() -> None:
    merge = Merge(["a"])
    merge.live("a")
    count = 0

    def put() -> None:
        nonlocal count
        for _ in range(20):
            merge.put(batch("a", None, "x" * (ROOM // 4) + "\n"))
            count += 1

    thread = threading.Thread(target=put, daemon=True)
    thread.start()
    time.sleep(0.3)
    assert count <= 5
    seen = 0
    while seen < 20:
        seen += len(merge.take(1) or [])
    thread.join(1)
    assert count == 20


def test_nobody_waits_any_more_after_the_end() -> None:
    merge = Merge(["a"])

    def put() -> None:
        for _ in range(5):
            merge.put(batch("a", None, "x" * ROOM + "\n"))

    thread = threading.Thread(target=put, daemon=True)
    thread.start()
    time.sleep(0.1)
    merge.close()
    thread.join(1)
    assert not thread.is_alive()
