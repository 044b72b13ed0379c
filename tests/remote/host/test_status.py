"""`state`: the truth about a host, also where there is little to tell."""

from __future__ import annotations

import json
from typing import Any

from tests.remote.run_program import Done
from tests.remote.supervisor_bench import Bench


def state(bench: Bench, **options: Any) -> Done:
    defaults = {"supervisor": bench.supervisor, "base": str(bench.base), "health": "/", "host": "example.org"}
    done = bench.run("host.status", {**defaults, **options})
    assert done.code == 0, done.text
    return done


def deployed(bench: Bench) -> None:
    bench.run("web.boot", bench.release("r1", workers=2))
    (bench.base / "current").symlink_to(bench.base / "releases" / "r1")
    (bench.base / "releases" / "r1" / "release.json").write_text(json.dumps({"commit": "abc"}))


def test_a_deployed_app_is_described(bench: Bench) -> None:
    deployed(bench)
    found = state(bench).facts["state"]
    assert (found["current"], found["standby"], found["release"]) == ("r1", None, {"commit": "abc"})
    assert found["supervisord"] is None
    (process,) = found["processes"]
    assert (process["release"], process["process"], process["workers"]) == ("r1", "web", 2)
    assert process["memory"] > 20_000_000
    assert process["uptime"] < 10
    assert (found["health"]["status"], found["health"]["well"]) == (200, True)
    assert found["disk"]["free"] > 0


def test_a_bad_answer_is_part_of_the_state(bench: Bench) -> None:
    deployed(bench)
    health = state(bench, health="/404").facts["state"]["health"]
    assert (health["status"], health["well"]) == (404, False)


def test_maintenance_is_part_of_the_state(bench: Bench) -> None:
    assert state(bench).facts["state"]["maintenance"] is None
    (bench.base / "maintenance" / "on").mkdir(parents=True)
    (bench.base / "maintenance" / "on" / "facts.json").write_text('{"who": "ann@laptop"}')
    assert state(bench).facts["state"]["maintenance"] == {"who": "ann@laptop"}


def test_nothing_deployed_says_so(bench: Bench) -> None:
    done = state(bench)
    assert done.text == "Nothing has been deployed here yet."
    assert done.facts["state"]["health"] is None


def test_a_dead_supervisord_and_a_dead_app_say_so(bench: Bench) -> None:
    deployed(bench)
    bench.kill_supervisor()
    for pid in bench.mine():
        bench.kill(pid)
    done = state(bench)
    assert "supervisord does not answer" in done.text
    assert "Connection refused" in done.facts["state"]["health"]["why"]


def test_a_host_without_the_app_says_so(bench: Bench) -> None:
    done = state(bench, base="/no/such/app", supervisor="/no/such/app/run/supervisor.sock")
    assert done.text == "/no/such/app does not exist: this host is not provisioned for the app."
    assert done.facts["state"]["base"] is False
    assert done.facts["state"]["disk"]["total"] > 0
