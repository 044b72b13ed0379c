"""`clean_up`: what it removes, and what it must never remove."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from slipway.remote.web.send_health_check import Question, ask
from tests.remote.supervisor_bench import Bench


def strays(bench: Bench, **options: Any) -> dict[str, Any]:
    defaults = {"supervisor": bench.supervisor, "folder": f"{bench.base}/supervisor.d", "keep": []}
    done = bench.run("supervisor.clean_up", {**defaults, **options})
    assert done.code == 0, done.text
    found: dict[str, Any] = done.facts["strays"]
    return found


def pids(bench: Bench) -> set[int]:
    return set(bench.mine())


def test_only_what_is_not_kept_is_stopped_with_its_file(bench: Bench) -> None:
    old, new = bench.release("r1"), bench.release("r2")
    bench.run("web.boot", old)
    bench.run("web.boot", new)
    half = bench.base / "supervisor.d" / "r3.web.conf.new"
    half.write_text("[progr")
    found = strays(bench, keep=["r2.web"], wait=10)
    assert found["removed"] == ["r1.web"]
    assert found["orphans"] == []
    assert list(bench.states()) == ["r2.web"]
    assert not Path(old["files"]["r1.web"]).exists()
    assert Path(new["files"]["r2.web"]).exists()
    assert not half.exists()
    assert ask(Question(new["socket"], "/", "h", False), 5).status == 200


def test_without_waiting_what_ends_later_is_cleared_away_next_time(bench: Bench) -> None:
    bench.run("web.boot", bench.release("r1"))
    found = strays(bench)
    assert found["removed"] + found["stopping"] == ["r1.web"]
    bench.until(lambda: set(bench.states().values()) <= {"STOPPED"})
    again = bench.run("supervisor.clean_up", {"supervisor": bench.supervisor, "folder": f"{bench.base}/supervisor.d"})
    assert "not needed any more" not in again.text, "it is stopped already"
    assert bench.states() == {}


def test_current_is_kept_whatever_is_asked_and_the_standby_as_asked(bench: Bench) -> None:
    for id, name in (("r1", "standby"), ("r2", "current")):
        bench.run("web.boot", bench.release(id))
        (bench.base / name).symlink_to(bench.base / "releases" / id)
    assert strays(bench, base=str(bench.base))["removed"] == []
    assert set(bench.states()) == {"r1.web", "r2.web"}
    assert strays(bench, base=str(bench.base), standby=[], wait=10)["removed"] == ["r1.web"]


def test_orphans_of_a_killed_supervisord_are_killed_and_their_duplicates_serve(bench: Bench) -> None:
    release = bench.release("r1", workers=2)
    bench.run("web.boot", release)
    before = pids(bench)
    bench.kill_supervisor()
    left = pids(bench)
    assert len(left) == 3, "the children of a killed supervisord live on"
    bench.start_supervisor()
    bench.until(lambda: bench.states() == {"r1.web": "RUNNING"})
    assert len(pids(bench)) == 7
    found = strays(bench, keep=["r1.web"])
    assert set(found["orphans"]) <= left
    bench.until(lambda: not pids(bench) & before)
    assert len(pids(bench)) == 4
    assert ask(Question(release["socket"], "/", "h", False), 5).status == 200
    assert strays(bench, keep=["r1.web"])["orphans"] == []


def test_processes_that_only_look_like_orphans_are_left_alone(bench: Bench) -> None:
    """A one-off task of the app, a daemon that the app started, and a process of another app."""
    environments: list[dict[str, str]] = [
        {},
        {"SUPERVISOR_SERVER_URL": "unix:///srv/other/run/supervisor.sock"},
        {"SUPERVISOR_SERVER_URL": f"unix://{bench.supervisor}"},
    ]
    command = ["sleep", "60"]
    started = [
        subprocess.Popen(command, env={**os.environ, **env}, start_new_session=number == 2)
        for number, env in enumerate(environments)
    ]
    try:
        assert strays(bench)["orphans"] == []
        assert [one.poll() for one in started] == [None] * 3
    finally:
        for one in started:
            one.send_signal(signal.SIGKILL)
            one.wait()


def test_what_a_restart_has_replaced_is_cleared_away_and_what_is_in_force_stays(bench: Bench) -> None:
    options = bench.release("r1")
    bench.run("web.boot", options)
    (bench.base / "current").symlink_to(bench.base / "releases" / "r1")
    bench.add("r1.web_2", bench.base, "/bin/sleep 100")
    bench.run("web.boot", {**options, "programs": ["r1.web_2"], "socket": None, "log": None})
    conf = bench.base / "releases" / "r1" / "conf"
    conf.mkdir()
    (conf / "web.program").write_text("[program:r1.web_2]\n")
    assert strays(bench, base=str(bench.base), wait=10)["removed"] == ["r1.web"]
    assert list(bench.states()) == ["r1.web_2"]
    assert os.listdir(bench.base / "supervisor.d") == ["r1.web_2.conf"]


def test_what_has_no_file_any_more_is_not_wanted(bench: Bench) -> None:
    options = bench.release("r1")
    bench.run("web.boot", options)
    (bench.base / "current").symlink_to(bench.base / "releases" / "r1")
    conf = bench.base / "releases" / "r1" / "conf"
    conf.mkdir()
    (conf / "web.program").write_text("[program:r1.web]\n")
    Path(options["files"]["r1.web"]).unlink()
    assert strays(bench, base=str(bench.base), wait=10)["removed"] == ["r1.web"]


def test_sockets_where_nobody_listens_go_but_for_those_of_releases_that_stay(bench: Bench) -> None:
    """As after a restart of the host: files are all that is left of what ran."""
    kept = bench.base / "releases" / "current" / "run" / "web.sock"
    dead = bench.base / "releases" / "dead" / "run" / "web.sock"
    planted = dead.with_name("web.\u00b2.sock")  # a digit for Python's isdigit, and no number for int
    live = bench.base / "releases" / "live" / "run" / "web.sock"
    (bench.base / "current").symlink_to(bench.base / "releases" / "current")
    with socket.socket(socket.AF_UNIX) as listener:
        for path in (kept, dead, live):
            path.parent.mkdir(parents=True)
        for path in (kept, dead):
            with socket.socket(socket.AF_UNIX) as bound:
                bound.bind(str(path))
        listener.bind(str(live))
        listener.listen()
        planted.touch()
        assert strays(bench, base=str(bench.base))["files"] == [str(dead), str(planted)]
    assert not dead.exists()
    assert kept.exists()
    assert live.exists()


def test_what_a_supervisord_starts_that_is_only_just_coming_up_is_cleared_away_too(bench: Bench) -> None:
    """As after a restart of the host, when it may or may not have read the files that go."""
    bench.run("web.boot", bench.release("r1"))
    bench.kill_supervisor()
    for pid in bench.mine():
        bench.kill(pid)
    bench.until(lambda: not bench.mine())
    for pause in (0.0, 0.1, 0.2, 0.3, 0.4):
        bench.add("r1.web", bench.base, "sleep 300")
        bench.start_supervisor(wait=False)
        time.sleep(pause)
        strays(bench, wait=10)
        bench.until(lambda: bench.rpc("getState"))
        assert bench.states() == {}
        bench.kill_supervisor()
