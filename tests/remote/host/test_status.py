"""`status`: reports the true state of a host, even if little of the app exists there."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from slipway.remote.host import proc
from slipway.remote.host.app_limits import app_limits, limits_of
from slipway.remote.host.memory_kills import kills_of, memory_kills
from slipway.remote.host.nginx_site_current import digest
from slipway.remote.web.worker_deaths import worker_deaths
from tests.remote.run_program import Done
from tests.remote.supervisor_bench import Bench

SERVES = "# serves: https no, ports 80, names example.org"
SITE = SERVES + "\nserver {\n    listen 80;\n    listen [::]:80;\n}\n"


def state(bench: Bench, **options: Any) -> Done:
    site = bench.base / "site"
    if not site.exists():
        site.write_text(SITE.replace("    listen [::]:80;\n", ""))
    wanted = {
        "path": str(site),
        "digest": digest(SITE),
        "serves": SERVES,
        "pid_file": "/no/nginx.pid",
        "remedy": "`fab provision`",
    }
    defaults: dict[str, Any] = {
        "supervisor": bench.supervisor, "base": str(bench.base), "health": "/", "host": "example.org",
        "address": "127.0.0.1", "port": 9, "names": [], "site": wanted, "timeout": 5,
    }  # fmt: skip
    with Nginx(bench.base / "current" / "run" / "web.sock") as nginx:
        done = bench.run("host.status", {**defaults, "port": nginx.port, **options})
    assert done.code == 0, done.text
    return done


class Nginx:
    """Stands in for nginx: passes each connection on to the app's socket."""

    def __init__(self, upstream: Path) -> None:
        self.upstream = upstream
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]

    def __enter__(self) -> Nginx:
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                visitor, _ = self.server.accept()
                with visitor, socket.socket(socket.AF_UNIX) as app:
                    asked = visitor.recv(65536)  # or closing would reset the connection before the answer is read
                    try:
                        app.connect(str(self.upstream))
                    except OSError:
                        visitor.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
                        continue
                    app.sendall(asked)
                    while data := app.recv(65536):
                        visitor.sendall(data)


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
    assert (done.facts["state"]["health"]["status"], done.facts["state"]["health"]["app"]) == (502, False)


def test_a_host_without_the_app_says_so(bench: Bench) -> None:
    done = state(bench, base="/no/such/app", supervisor="/no/such/app/run/supervisor.sock")
    assert done.text == "/no/such/app does not exist: this host is not provisioned for the app."
    assert done.facts["state"]["base"] is False
    assert done.facts["state"]["disk"]["total"] > 0


def test_a_dead_nginx_is_not_well_though_the_app_is(bench: Bench) -> None:
    deployed(bench)
    health = state(bench, port=9).facts["state"]["health"]
    assert (health["well"], health["app"]) == (False, True)
    assert health["why"].startswith("nginx: GET / (Host: example.org) at 127.0.0.1:9: Connection refused")


def test_a_site_that_is_not_there_or_differs_or_was_not_read_is_told(bench: Bench, tmp_path: Path) -> None:
    deployed(bench)
    assert state(bench).facts["state"]["site"] == ""
    site = bench.base / "site"
    os.utime(site, (time.time() + 60, time.time() + 60))
    pid_file = tmp_path / "nginx.pid"
    pid_file.write_text(f"{bench.rpc('getPID')}\n")  # any process with children
    wanted = {
        "path": str(site),
        "digest": digest(SITE),
        "serves": SERVES,
        "pid_file": str(pid_file),
        "remedy": "`fab provision`",
    }
    assert "has not read its site" in state(bench, site=wanted).facts["state"]["site"]
    site.write_text("server { listen 81; }\n")
    assert "is not what the inventory says" in state(bench).facts["state"]["site"]
    gone = {**wanted, "path": "/no/site"}
    assert "nginx has no site for the app" in state(bench, site=gone).facts["state"]["site"]


def test_names_that_nginx_serves_besides_or_not_yet_are_told(bench: Bench) -> None:
    deployed(bench)
    site = bench.base / "site"
    site.write_text(SITE.replace("example.org", "example.org old.test"))
    assert state(bench).facts["state"]["site"].startswith("nginx still serves old.test: `fab provision`")
    site.write_text(SITE.replace("example.org", "old.test"))
    assert (
        state(bench).facts["state"]["site"]
        == "nginx does not serve example.org yet: `fab provision`, then `fab deploy`"
    )


def test_further_names_are_asked_for_where_the_site_differs(bench: Bench) -> None:
    deployed(bench)
    (bench.base / "site").write_text("server { }\n")
    assert state(bench, names=["www.example.org"]).facts["state"]["health"]["well"]


def test_a_lock_a_running_operation_and_a_journal_are_part_of_the_state(bench: Bench) -> None:
    found = state(bench).facts["state"]
    assert (found["lock"], found["operation"], found["journal"]) == (None, None, False)
    (bench.base / "held").write_text("ann@desk since 12:00 UTC\n")
    (bench.base / "undo.aside").touch()
    found = state(bench).facts["state"]
    assert (found["lock"], found["journal"]) == ("ann@desk since 12:00 UTC", True)
    with (bench.base / "lock").open("w") as lock:
        lock.write('{"who": "bob"}')
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = state(bench).facts["state"]
    assert (found["operation"], found["journal"]) == ({"who": "bob"}, False) or found["operation"] == '{"who": "bob"}'


def test_a_process_that_ended_lately_is_counted(bench: Bench) -> None:
    deployed(bench)
    bench.add("r1.mail", bench.base, "sh -c 'sleep 2.2; exit 3'")
    bench.run("web.boot", {**bench.release("r0"), "programs": ["r1.mail"], "socket": None, "patient": False})

    def ended() -> bool:
        processes = state(bench).facts["state"]["processes"]
        return any(one["exits"] for one in processes if one["process"] == "mail")

    bench.until(ended)


def two_workers(pid: int) -> bool:
    return len(proc.children(pid)) == 2


def test_workers_that_die_while_their_master_lives_are_counted_with_how(bench: Bench) -> None:
    """As the kernel kills them for want of memory, and as an app that ends its process does."""
    deployed(bench)
    (bench.base / "releases" / "r1" / "conf").mkdir()
    (bench.base / "releases" / "r1" / "conf" / "web.program").write_text("[program:r1.web]\n")
    log = bench.base / "log" / "web.r1.log"
    log.symlink_to(bench.base / "log" / "r1.web.log")
    assert state(bench).facts["state"]["processes"][0]["deaths"] == []  # no link is followed
    log.unlink()
    os.link(bench.base / "log" / "r1.web.log", log)
    for _ in range(3):
        (process,) = state(bench).facts["state"]["processes"]
        bench.kill(next(iter(proc.children(process["pid"]))))
        bench.until(functools.partial(two_workers, process["pid"]))
    bench.until(lambda: state(bench).facts["state"]["processes"][0]["deaths"] == ["SIGKILL"] * 3)
    assert state(bench).facts["state"]["processes"][0]["exits"] == 0


def test_what_supervisord_saw_killed_is_counted(bench: Bench) -> None:
    deployed(bench)
    (process,) = state(bench).facts["state"]["processes"]
    bench.kill(process["pid"])
    bench.until(lambda: state(bench).facts["state"]["processes"][0]["killed"] == 1)


@pytest.mark.parametrize(
    ("line", "how"),
    [
        ("[ERROR] Worker (pid:7) was sent SIGKILL! Perhaps out of memory?", ["SIGKILL"]),
        ("[WARNING] Worker (pid:7) was sent SIGSEGV!", ["SIGSEGV"]),
        ("[ERROR] Worker (pid:7) exited with code 3.", ["exit code 3"]),
        ("[WARNING] Worker with pid 7 was terminated due to signal 9", ["SIGKILL"]),
        ("[INFO] Worker (pid:7) was sent SIGTERM!", []),
        ("[INFO] Worker exiting (pid: 7)", []),
    ],
)
def test_what_each_version_of_gunicorn_writes_of_a_death_is_understood(
    tmp_path: Path, line: str, how: list[str]
) -> None:
    log, now = tmp_path / "web.log", 1_800_000_000.0
    for zone, hours in (("+0000", 0), ("-0330", -3.5), ("+0200", 2)):
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now + hours * 3600))
        log.write_text(f"[{when} {zone}] [5] {line}\n")
        assert worker_deaths(str(log), now - 5) == how
        assert worker_deaths(str(log), now + 5) == []


def test_the_kernels_own_count_is_read_for_the_unit_of_the_app_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slipway.remote.host.memory_kills.CONTROL_GROUPS", str(tmp_path))
    unit = "system.slice/slipway-shop.service"
    (tmp_path / unit).mkdir(parents=True)
    (tmp_path / unit / "memory.events").write_text("oom 5\noom_kill 4\noom_group_kill 0\n")
    (tmp_path / "memory" / unit).mkdir(parents=True)
    (tmp_path / "memory" / unit / "memory.oom_control").write_text("oom_kill_disable 0\noom_kill 2\n")
    assert kills_of(f"0::/{unit}\n") == 4
    assert kills_of(f"9:name=systemd:/{unit}\n4:memory:/{unit}\n0::/\n") == 2
    assert kills_of("0::/user.slice/user-0.slice/session-1.scope\n4:memory:/\n") is None
    assert memory_kills(os.getpid()) is None


def test_the_limits_of_the_apps_unit_are_read_with_what_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = tmp_path / "system.slice" / "slipway-shop.service"
    group.mkdir(parents=True)
    for name, text in {"memory.max": "536870912", "memory.current": "1048576", "cpu.max": "150000 100000"}.items():
        (group / name).write_text(f"{text}\n")
    monkeypatch.setattr("slipway.remote.host.app_limits.GROUPS", str(tmp_path))
    found = limits_of("4:memory:/\n0::/system.slice/slipway-shop.service\n")
    assert found == {"memory": 1 << 20, "memory_most": 512 << 20, "cpu_most": 150}
    (group / "memory.max").write_text("max\n")
    (group / "cpu.max").write_text("max 100000\n")
    assert limits_of("0::/system.slice/slipway-shop.service\n") == {
        "memory": 1 << 20,
        "memory_most": None,
        "cpu_most": None,
    }
    assert set(limits_of("0::/user.slice/user-0.slice\n").values()) == {None}
    assert set(app_limits(os.getpid()).values()) == {None}
