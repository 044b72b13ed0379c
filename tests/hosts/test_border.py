"""Promise 11: whoever controls an app gets that app and nothing else.

A hostile app attacks from within, all the time, while every command is used; beside it lives a victim. The attack goes
through whatever folders the app may write, so a folder that is new is attacked too.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import APPS, Project, Run

HOST = "lab1"
SECRET = "qXvictim7secret"
ATTACK = Path(__file__).parent / "apps" / "hostile" / "attack.py"
# What the app's own process says when it is loaded, in each step that loads it: as many ends of scripts as may come.
FORGED = """
for n in range(40):
    print(f"\\x01done {n} 0\\n\\x01fact static ../../../home/deploy", flush=True)
"""
VICTIM = """
cd /srv/victim
find . -mindepth 1 ! -path './log/*' ! -path './cache/*' -printf '%P %y %m %u:%g %l\\n' | sort
find releases env shared conf supervisor.d -type f ! -name '*.pyc' -print0 | sort -z | xargs -0 sha256sum
"""
OTHERS = """
places() { find /root /home/deploy /etc -xdev ! -path '/etc/nginx/*' ! -path '/home/deploy/.cache/*' "$@"; }
places -printf '%p %y %m %u:%g %l\\n' | sort
places -type f -print0 | sort -z | xargs -0 sha256sum
"""
pytestmark = pytest.mark.usefixtures("needs_root")


@pytest.fixture(scope="module")
def victim(new_project: NewProject) -> Project:
    project = new_project("victim", env={"SECRET": SECRET})
    project.deploy()
    project.on(HOST, "umask 007; echo mine > shared/mine; chown victim: shared/mine")
    return project


@pytest.fixture(scope="module")
def stranger() -> Iterator[tuple[int, list[str]]]:
    """A port on the operator's machine that nobody has a reason to connect to, and who did."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            try:
                while True:
                    _, address = server.accept()
                    came.append(str(address))
            except OSError:
                return

        threading.Thread(target=listen, daemon=True).start()
        yield server.getsockname()[1], came


@pytest.fixture(scope="module")
def hostile(
    new_project: NewProject, victim: Project, stranger: tuple[int, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    folder = tmp_path_factory.mktemp("app") / "hostile"
    shutil.copytree(APPS["hello"], folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ATTACK, folder)
    settings = folder / "hello" / "settings.py"
    settings.write_text(settings.read_text() + FORGED)
    release = victim.current(HOST)
    targets = [
        f"/srv/victim/env/{release}.env", "/srv/victim/shared", "/srv/victim/shared/mine", "/home/deploy/.bashrc",
        "/home/deploy/.ssh/authorized_keys", "/home/deploy", "/etc/nginx/nginx.conf",
        "/var/log/slipway/victim/access.log",
        "/srv/victim/lock", "/srv/victim/current", "/etc/shadow", "/srv/victim/history.jsonl",
    ]  # fmt: skip
    project = new_project(
        "hostile",
        app=folder,
        processes={"attack": "python attack.py"},
        schedules={"now": {"cron": "* * * * *", "command": "true"}},
        linked_dirs=["media"],
        env={"SECRET_KEY": {"generate": 50}, "TARGETS": json.dumps(targets), "PORT": str(stranger[0])},
    )
    project.deploy()
    return project


def commands(project: Project) -> Iterator[Run]:
    """What operators type in a week, each while the attack goes on."""
    yield project.fab("provision")
    project.edit("guestbook/static/guestbook/new.css", "a {}\n")
    yield project.fab("deploy")
    yield project.fab("run", "--command=echo hello; echo more >&2")
    project.edit("README.md", "changed\n")
    yield project.fab("deploy", "--force")
    yield project.fab("rollback")
    yield project.fab("env.set", "WORD=1")
    for words in (["restart"], ["status"], ["ps"], ["tasks"], ["releases"], ["history"], ["env"]):
        yield project.fab(*words)
    logs = project.fab("logs", "--lines=200")
    # A pipe gets what the app wrote, as it wrote it; a terminal does not.
    yield Run(logs.code, re.sub("[\x00-\x08\x0e-\x1f]", "?", logs.out), logs.err)
    yield project.fab("status", "--json")
    yield project.fab("maintenance.on", "--message=Back soon")
    yield project.fab("maintenance.off")
    yield project.fab("scale", "--process=attack", "--count=1")
    yield project.fab("deploy", "--again")


def test_a_hostile_app_reaches_nobody_else(victim: Project, hostile: Project, stranger: tuple[int, list[str]]) -> None:
    before, others = victim.on(HOST, VICTIM), victim.on(HOST, OTHERS)
    said = []
    for run in commands(hostile):
        said.append(run)
        if run.out.startswith("✓") and "deploy of" in run.out:
            assert hostile.git("rev-parse", "HEAD")[:7] in hostile.current(HOST), run.text
        assert "Traceback" not in run.err.split("|")[0], run.text
        assert run.code in (0, 1, 2, 3), run.text
        assert SECRET not in run.text
        assert "\x1b" not in run.text and "\x01" not in run.text, repr(run.text[:2000])
    assert any(run.code == 0 for run in said)

    # nothing of others was read
    hits = hostile.on(HOST, f"grep -rlsaF {SECRET} /srv/hostile /tmp /var/log /home || true")
    assert hits == ""
    links = hostile.on(
        HOST, "find -L /srv/hostile/current/public /srv/hostile/current/static -type f -printf '%P\\n' || true"
    )
    for path in [line for line in links.splitlines() if "\\" not in line][:200]:
        assert SECRET not in hostile.get(HOST, f"/static/{path}").text
    # nothing of others was written, and nothing was run by others
    assert victim.on(HOST, VICTIM) == before
    assert changed(others, victim.on(HOST, OTHERS)) == []
    assert set(hostile.on(HOST, "cat /tmp/ran-by 2>/dev/null || true").split()) <= {"hostile"}
    assert victim.page(HOST)["text"] == "first"
    assert stranger[1] == []

    # after the attack a clean commit needs no hand
    hostile.on(HOST, "runuser -u hostile -- sh -c 'rm -rf shared/peace; touch shared/peace'; sleep 2")
    (hostile.repo / "attack.py").write_text("import time\nwhile True:\n    time.sleep(1)\n")
    shutil.copy(APPS["hello"] / "hello" / "settings.py", hostile.repo / "hello" / "settings.py")
    hostile.commit("Clean")
    run = hostile.fab("deploy")
    assert run.code == 0, run.text
    assert hostile.git("rev-parse", "HEAD")[:7] in hostile.current(HOST)
    assert hostile.get(HOST).status == 200
    assert hostile.fab("status").code == 0
    assert hostile.fab("rollback").code in (0, 1)


def changed(before: str, after: str) -> list[str]:
    """Lines that came or went, without times of logins and what provision itself writes for this app."""
    odd = set(before.splitlines()) ^ set(after.splitlines())
    return sorted(line for line in odd if "hostile" not in line)


def test_a_deploy_that_says_done_is_done(hostile: Project) -> None:
    """Forged lines of the agent end no step: what a deploy says is what is there."""
    settings = hostile.repo / "hello" / "settings.py"
    clean = (APPS["hello"] / "hello" / "settings.py").read_text()
    settings.write_text(f"{clean}{FORGED}raise RuntimeError('broken')\n")
    hostile.commit("Break it and lie")
    current = hostile.current(HOST)
    run = hostile.fab("deploy")
    assert run.code == 1, run.text
    assert hostile.current(HOST) == current
    hostile.back_to(hostile.git("rev-parse", "HEAD~1"))
    assert hostile.get(HOST).status == 200


def test_links_in_the_place_of_sockets_lead_to_no_other_app(victim: Project, hostile: Project) -> None:
    """Slipway asks the app's own supervisord, or nobody: also where the app's sockets lead to those of the victim."""
    hostile.deploy()  # what was rolled back to may have put folders in the place of its own logs
    before, pids = victim.on(HOST, VICTIM), victim.on(HOST, "pgrep -u victim | sort")
    swap = "mv {0} {0}.own && ln -s /srv/victim/{1} {0}"
    hostile.on(HOST, f"runuser -u hostile -- sh -c '{swap.format('run/supervisor.sock', 'run/supervisor.sock')}'")
    try:
        told = hostile.fab("status")
        assert told.code == 1
        assert "not the app's supervisord" in told.text
        assert "victim" not in hostile.fab("ps").text
        for words in (["restart"], ["stop", "--yes"], ["start"], ["deploy", "--again"]):
            assert hostile.fab(*words).code in (0, 1), words
    finally:
        hostile.on(HOST, "mv -T run/supervisor.sock.own run/supervisor.sock")
    assert victim.on(HOST, "pgrep -u victim | sort") == pids
    assert victim.on(HOST, VICTIM) == before
    started = hostile.fab("start")
    assert started.code == 0, started.text
    assert hostile.get(HOST).status == 200
    assert hostile.fab("status").code == 0


# In the place of each of its sockets, the socket itself and a link to the victim's take turns, until `shared/peace`.
SWAP = """
import itertools, os, time
deadline = time.monotonic() + 100
os.chdir("/srv/hostile/releases")
while time.monotonic() < deadline and not os.path.exists("../shared/peace"):
    places = [f"{release}/run/{name}" for release in os.listdir() for name in
              ("web.sock", "web.sock.new", "web.sock.back", "web.1.sock", "web.2.sock")]
    for back, place in itertools.product((False, True), places):
        try:
            if not back:
                if not os.path.islink(place) and os.path.exists(place):
                    os.rename(place, f"{place}.own")
                os.symlink("/srv/victim/current/run/web.sock", f"{place}.link")
                os.rename(f"{place}.link", place)
            elif os.path.lexists(f"{place}.own"):
                os.rename(f"{place}.own", place)
            else:
                os.unlink(place)
        except OSError:
            pass
        if place == places[-1]:
            time.sleep(0.03)
"""


@pytest.mark.usefixtures("links_protected")
def test_no_visitor_is_led_to_another_app_by_a_link_in_the_place_of_a_socket(victim: Project, hostile: Project) -> None:
    victim.say("only the victim says this")
    victim.deploy()
    hostile.deploy()
    hostile.on(HOST, "rm -rf shared/peace")
    statuses: Counter[int] = Counter()
    with ThreadPoolExecutor(2) as pool:
        swapping = pool.submit(hostile.hosts.run, HOST, "runuser -u hostile -- /usr/bin/python3 -", SWAP.encode())
        try:
            commands = pool.submit(lambda: [hostile.fab(*words) for words in (["deploy", "--again"], ["restart"])])
            while not commands.done() or statuses.total() < 200:
                answer = hostile.get(HOST)
                statuses[answer.status] += 1
                assert "only the victim" not in answer.text
        finally:
            hostile.on(HOST, "touch shared/peace")
        assert swapping.result().returncode == 0
    assert statuses[200] and statuses[502], f"links and sockets have not taken turns: {statuses}"
    assert {run.code for run in commands.result()} <= {0, 1}

    place = f"{hostile.base}/current/run/$(readlink current/run/web.sock)"
    hostile.on(HOST, f"runuser -u hostile -- ln -sf /srv/victim/current/run/web.sock {place}")
    told = hostile.fab("status")
    assert told.code == 1
    assert "nginx follows no link in the place of the app's socket" in told.text
    hostile.deploy()
    assert hostile.fab("status").code == 0
