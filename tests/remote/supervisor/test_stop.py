"""`stop`: no request is lost, not one that is being answered and not one that waits to be accepted."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

from slipway.remote.web.send_health_check import Question, ask
from tests.remote.supervisor_bench import Bench


def stopping(options: dict[str, Any], wait: float = 15) -> dict[str, Any]:
    return {
        "supervisor": options["supervisor"],
        "programs": options["programs"],
        "sockets": {options["programs"][0]: options["socket"]},
        "files": options["files"],
        "wait": wait,
    }


def test_a_stopped_program_leaves_nothing(bench: Bench) -> None:
    options = bench.release("r1")
    bench.run("web.boot", options)
    done = bench.run("supervisor.stop", stopping(options))
    assert done.code == 0, done.text
    assert done.facts["stopped"] == ["r1.web"]
    assert done.facts["stopping"] == []
    assert bench.states() == {}
    assert not Path(options["socket"]).exists()
    assert not Path(options["files"]["r1.web"]).exists()


def test_stopping_what_is_gone_is_well(bench: Bench) -> None:
    options = bench.release("r1")
    assert bench.run("supervisor.stop", stopping(options)).facts["stopped"] == ["r1.web"]


def test_without_a_supervisord_the_files_go_with_which_it_would_start_it_again(bench: Bench) -> None:
    options = bench.release("r1")
    bench.run("web.boot", options)
    bench.kill_supervisor()
    for pid in bench.mine():
        bench.kill(pid)
    bench.until(lambda: not bench.mine())
    done = bench.run("supervisor.stop", stopping(options))
    assert done.code == 0, done.text
    assert not Path(options["socket"]).exists()
    assert not Path(options["files"]["r1.web"]).exists()


def test_requests_that_wait_in_the_queue_are_all_answered(bench: Bench) -> None:
    """One sync worker, half a second a request: eight at once wait in the accept queue."""
    options = bench.release("r1")
    bench.run("web.boot", options)
    answers: list[str] = []

    def visit() -> None:
        try:
            answers.append(str(ask(Question(options["socket"], "/slow", "example.org", False), 30).status))
        except OSError as error:
            answers.append(repr(error))

    visitors = [threading.Thread(target=visit) for _ in range(8)]
    for visitor in visitors:
        visitor.start()
    time.sleep(0.2)
    done = bench.run("supervisor.stop", stopping(options))
    for visitor in visitors:
        visitor.join()
    assert answers == ["200"] * 8
    assert done.facts["stopped"] == ["r1.web"]


def test_without_waiting_it_only_begins(bench: Bench) -> None:
    options = bench.release("r1")
    bench.run("web.boot", options)
    visitor = threading.Thread(target=ask, args=(Question(options["socket"], "/slow", "h", False), 30))
    visitor.start()
    time.sleep(0.1)
    done = bench.run("supervisor.stop", stopping(options, wait=0))
    assert done.facts["stopping"] == ["r1.web"]
    assert not Path(options["files"]["r1.web"]).exists()
    assert bench.states() == {"r1.web": "STOPPING"}
    visitor.join()
    bench.until(lambda: bench.states() == {"r1.web": "STOPPED"})


def test_a_queue_that_never_empties_is_given_up_after_the_grace(bench: Bench) -> None:
    options = bench.release("r1", "good")
    bench.run("web.boot", options)
    waiting = []
    for _ in range(3):  # whoever connects and says nothing keeps the only worker busy
        visitor = socket.socket(socket.AF_UNIX)
        visitor.connect(options["socket"])
        waiting.append(visitor)
    done = bench.run("supervisor.stop", {**stopping(options, wait=0), "grace": 0.3})
    assert "connections still waited" in done.text
    assert done.code == 0
    for visitor in waiting:
        visitor.close()


def test_a_boot_and_a_stop_under_load_lose_nothing(bench: Bench) -> None:
    """The switch, as nginx does it: each request connects through a link that is renamed."""
    current = bench.base / "current"
    old, new = bench.release("r1", workers=2), bench.release("r2", workers=2)
    bench.run("web.boot", old)
    current.symlink_to("releases/r1")
    answers: list[str] = []
    over = threading.Event()

    def visit() -> None:
        while not over.is_set():
            try:
                answers.append(ask(Question(f"{current}/run/web.sock", "/", "h", False), 30).body.split()[0])
            except OSError as error:
                answers.append(repr(error))

    visitors = [threading.Thread(target=visit) for _ in range(8)]
    for visitor in visitors:
        visitor.start()
    assert bench.run("web.boot", new).code == 0
    switch = bench.base / "current.new"
    switch.symlink_to("releases/r2")
    switch.replace(current)
    assert bench.run("supervisor.stop", stopping(old)).facts["stopped"] == ["r1.web"]
    time.sleep(0.2)
    over.set()
    for visitor in visitors:
        visitor.join()
    assert set(answers) == {"r1.web", "r2.web"}
    assert answers[-1] == "r2.web"
