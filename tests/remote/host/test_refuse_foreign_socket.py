"""`socket_peer`: only the app's own account is taken for the app, whatever its socket's path leads to."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from slipway.remote.host import proc, status
from slipway.remote.host.refuse_foreign_socket import Stranger
from slipway.remote.supervisor import rpc
from slipway.remote.supervisor.list_and_stop_groups import processes
from slipway.remote.supervisor.orphans import orphans
from slipway.remote.web.send_health_check import Question, ask

APP, OTHER = 61234, 61235  # accounts that nobody has
SERVE = """
import contextlib, os, socket, sys
path, user, answer = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
os.umask(0)
with socket.socket(socket.AF_UNIX) as server:
    os.setgid(user)
    os.setuid(user)
    server.bind(path)
    server.listen()
    while True:
        visitor, _ = server.accept()
        with visitor, contextlib.suppress(OSError):  # who refuses to talk to us has gone by now
            visitor.recv(65536)
            visitor.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + answer)
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as several accounts")


@contextmanager
def listening(path: Path, user: int, answer: str = "") -> Iterator[None]:
    """Something of an account that answers at a socket."""
    server = subprocess.Popen([sys.executable, "-c", SERVE, str(path), str(user), answer])
    try:
        while not path.exists():
            time.sleep(0.01)
            assert server.poll() is None
        time.sleep(0.05)
        yield
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def run() -> Iterator[Path]:
    """The folder `run` of an app: ours, and the app may write in it."""
    with tempfile.TemporaryDirectory() as top:
        Path(top).chmod(0o777)
        folder = Path(top, "run")
        folder.mkdir()
        if os.geteuid() == 0:
            os.chown(folder, 0, APP)
        folder.chmod(0o2770)
        yield folder


def structs(*members: str) -> str:
    return f"<methodResponse><value><array>{''.join(members)}</array></value></methodResponse>"


def process(**changes: str | int) -> str:
    facts = {"group": "r1.web", "name": "r1.web", "statename": "RUNNING", "spawnerr": "", "pid": 0, "start": 0,
             "now": 0, "exitstatus": 0, **changes}  # fmt: skip
    kinds = {key: "string" if isinstance(value, str) else "int" for key, value in facts.items()}
    return f"<struct>{''.join(f'<name>{k}</name><{kinds[k]}>{v}</{kinds[k]}>' for k, v in facts.items())}</struct>"


@needs_root
def test_the_apps_own_account_is_asked(run: Path) -> None:
    with listening(run / "supervisor.sock", APP, "<value><string>hello</string></value>"):
        assert rpc.call(str(run / "supervisor.sock"), "getState") == "hello"
        assert rpc.account(str(run / "supervisor.sock")) == APP


@needs_root
def test_a_link_to_the_socket_of_another_app_is_not_followed_by_any_word(run: Path) -> None:
    victim = run.parent / "victim.sock"
    (run / "supervisor.sock").symlink_to(victim)
    with listening(victim, OTHER, "<value><string>hello</string></value>"):
        with pytest.raises(rpc.Down, match=f"not the app's supervisord: a process of another account .*{OTHER}"):
            rpc.call(str(run / "supervisor.sock"), "stopAllProcesses")
        with pytest.raises(rpc.Down):
            orphans(str(run / "supervisor.sock"))
        with pytest.raises(Stranger):
            ask(Question(str(run / "supervisor.sock"), None, "example.org", False), 1)


@needs_root
def test_what_listens_as_the_deploying_account_is_not_the_app(run: Path) -> None:
    """Such as the agent of an SSH login, which the app may name and not connect to."""
    with listening(run / "agent.sock", 0), pytest.raises(rpc.Down, match="not the app's"):
        rpc.call(str(run / "agent.sock"), "getState")


@needs_root
def test_a_group_that_the_app_names_is_only_killed_as_far_as_it_is_the_apps(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_user(user: int, command: list[str]) -> None:
        subprocess.run(command, user=user, group=user, check=False)  # sudo may not be here

    monkeypatch.setattr(proc, "as_user", as_user)
    with subprocess.Popen(["sleep", "60"], start_new_session=True, user=OTHER, group=OTHER) as victim:
        try:
            proc.kill_group(victim.pid, APP)
            assert victim.poll() is None
            proc.kill_group(victim.pid, OTHER)
            assert victim.wait(5) == -9
        finally:
            victim.kill()


@pytest.mark.parametrize(
    "answer",
    [
        "", "hello", "</array></array></struct>", "<struct><array></array><int>1</int></struct>",
        "<struct><name>faultCode</name><string>1</string></struct>", "<int>x</int>", "<value><int>1</int></value>",
        structs("<int>1</int>"), structs("<struct><name>group</name><string>r1.web</string></struct>"),
        structs(process(group="../../victim/releases/r1.web")), structs(process(group="r1\n.web")),
        structs(process(name="x" * 300)), structs(process(statename="\x1b[2J")), structs(process(pid=-7)),
        structs(process(start=10**15)), structs(process(pid="7")), structs(process(group="")),
    ],
)  # fmt: skip
def test_an_answer_that_supervisord_does_not_give_ends_in_one_plain_failure(tmp_path: Path, answer: str) -> None:
    path = tmp_path / "supervisor.sock"
    with listening(path, os.geteuid(), answer), pytest.raises(rpc.Down, match="makes no sense"):
        processes(str(path))


def test_an_answer_without_an_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "ANSWER_LIMIT", 1 << 10)
    path = tmp_path / "supervisor.sock"
    with listening(path, os.geteuid(), "x" * 100_000), pytest.raises(rpc.Down, match="makes no sense"):
        rpc.call(str(path), "getState")


def test_a_plain_answer_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "supervisor.sock"
    with listening(path, os.geteuid(), structs(process(pid=7, name="r1.web-0"))):
        assert processes(str(path))["r1.web"][0]["pid"] == 7


def test_without_root_there_is_one_account_for_everything(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, 0, APP)  # as where the home has the setgid bit
    folder.chmod(0o2771)
    tmp_path.chmod(0o700)
    path = str(folder / "x.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        assert rpc.account(path) == os.geteuid()


@needs_root
def test_the_status_of_a_site_whose_socket_leads_to_another_app_says_so(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = run.parent
    (base / "current").symlink_to(".")
    monkeypatch.setattr(status, "judged", lambda *_: {"status": 200, "ms": 1, "well": True, "why": ""})
    options = {"address": "127.0.0.1", "port": 80, "host": "x", "names": [], "timeout": 1}
    with listening(run / "web.1.sock", APP), listening(base / "other.sock", OTHER):
        (run / "web.sock").symlink_to("web.1.sock")
        assert status.health(options, str(base), "")["well"] is True
        (run / "web.sock").unlink()
        (run / "web.sock").symlink_to(base / "other.sock")
        found = status.health(options, str(base), "")
    assert (found["status"], found["well"], found["app"]) == (200, False, False)
    assert f"(user id {OTHER}), and not one of the app. Something of the app has replaced it" in found["why"]
