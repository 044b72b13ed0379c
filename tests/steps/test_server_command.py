"""The command line of each web server that the inventory may name."""

from __future__ import annotations

import os
import shlex
import subprocess

import pytest
from msgspec.structs import replace

from slipway.core.errors import UsageError
from slipway.detect import Detected
from slipway.inventory.app import Gunicorn, Process
from slipway.inventory.limits import Limits
from slipway.model.step import Target
from slipway.steps import boot_options, config
from slipway.steps.server_command import server_command
from tests.steps.golden import check
from tests.steps.targets import target


def served(server: str, callable: str = "shop.web:app", interface: str = "wsgi", **app: object) -> Target:
    settings = {"server": server, "gunicorn": Gunicorn(workers=3, threads=2), **app}
    made = target(**settings)  # type: ignore[arg-type]
    detected = {"wsgi": callable} if interface == "wsgi" else {"asgi": callable}
    return replace(made, detected=Detected(kind=interface, **detected))  # type: ignore[arg-type]


ALL = [
    ("gunicorn", "wsgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi"), ("hypercorn", "wsgi"), ("granian", "asgi"),
    ("granian", "wsgi"), ("waitress", "wsgi"), ("uwsgi", "wsgi"), ("daphne", "asgi"),
]  # fmt: skip


def test_each_server_is_started_in_its_own_words() -> None:
    lines = [server_command(served(name, interface=interface)).text for name, interface in ALL]
    check("steps/server-commands.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize(("server", "interface"), ALL)
def test_each_listens_on_the_socket_that_a_restart_replaces(server: str, interface: str) -> None:
    made = served(server, interface=interface)
    words = shlex.split(server_command(made).text)
    assert [word for word in words if str(made.paths.listen()) in word]
    assert f"{made.paths.socket} " not in server_command(made).text


def test_a_function_makes_the_app_in_the_words_of_each_server() -> None:
    assert server_command(served("uvicorn", "shop:create()", "asgi")).text.endswith("--factory shop:create")
    assert server_command(served("waitress", "shop:create()")).text.endswith("--call shop:create")
    assert "'wsgi:shop:create()'" in server_command(served("hypercorn", "shop:create()")).text
    with pytest.raises(UsageError, match="daphne cannot call"):
        server_command(served("daphne", "shop:create()", "asgi"))
    with pytest.raises(UsageError, match="cannot call shop:create\\('x'\\) with arguments"):
        server_command(served("uvicorn", "shop:create('x')", "asgi"))


def test_a_command_of_several_parts_is_told_to_end_as_a_whole() -> None:
    made = served("gunicorn", processes={"web": Process(command="./serve | cat")})
    assert '"group": true' in server_command(made).text
    simple = served("gunicorn", processes={"web": Process(command="./serve --socket")})
    assert '"group": false' in server_command(simple).text
    program = config.program_files(made)[made.paths.program_source("web")]
    assert "stopasgroup" not in program


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("serve --port $PORT", True),
        ("serve", True),  # it may read PORT, or SOCKET, by itself
        ("serve --uds ${SOCKET}", False),
        ("serve $SOCKET :${PORT:-80}", True),
    ],
)
def test_a_command_of_the_apps_own_may_listen_on_a_port(command: str, told: bool) -> None:
    made = served("gunicorn", processes={"web": Process(command=command)})
    assert ('"port": true' in server_command(made).text) == told
    boot = boot_options.web_question_files(made, "")[made.paths.conf / "boot.json"]
    assert ('"port": true' in boot) == told


@pytest.mark.parametrize(
    ("command", "run"),
    [
        ("gunicorn -k gevent -b 0.0.0.0:$PORT app", "gunicorn -k gevent -b 127.0.0.1:$PORT app"),
        ("x --host=0.0.0.0 -p ${PORT}", "x --host=127.0.0.1 -p ${PORT}"),
        ("x -b [::]:$PORT", "x -b 127.0.0.1:$PORT"),
        ("x -p $PORT --allow 0.0.0.0/0", "x -p $PORT --allow 0.0.0.0/0"),
        ("x --host 0.0.0.0 --uds $SOCKET", "x --host 0.0.0.0 --uds $SOCKET"),
    ],
)
def test_a_command_that_asks_for_all_addresses_listens_for_nginx_alone(command: str, run: str) -> None:
    made = served("gunicorn", processes={"web": Process(command=command)})
    assert f"sh -c 'exec {run}'" in server_command(made).text


def started(made: Target, process: str, hard: int) -> subprocess.CompletedProcess[str]:
    """Run the command of a process as supervisord would; a stand-in for `run` tells the limit that it starts with."""
    program = config.program_files(made)[made.paths.program_source(process)]
    command = next(line for line in program.splitlines() if line.startswith("command="))[8:].replace("%%", "%")
    command = command.replace(str(made.paths.launcher), "sh -c 'ulimit -n; exec true'")
    user = "setpriv --reuid=65534 --regid=65534 --clear-groups" if os.getuid() == 0 else ""  # root may raise limits
    words = shlex.split(f"prlimit --nofile={hard}:{hard} {user} {command}")
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_a_process_may_have_as_many_open_files_as_its_limit_or_the_apps_says() -> None:
    processes = {"mails": Process(command="./mails"), "search": Process(command="./search", nofile=100)}
    made = target(processes=processes, limits=Limits(nofile=200))
    assert [started(made, name, 300).stdout for name in ("web", "mails", "search")] == ["200\n", "200\n", "100\n"]
    assert "ulimit" not in config.program_files(target())[target().paths.program_source("web")]


def test_a_limit_above_the_hosts_own_ends_the_process_with_the_reason() -> None:
    done = started(target(limits=Limits(nofile=900)), "web", 300)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nofile = 900 is more than this host allows (300)" in done.stderr


@pytest.mark.parametrize(("server", "workers"), [("uvicorn", 3), ("waitress", 1)])
def test_a_boot_waits_for_as_many_answers_as_there_are_workers(server: str, workers: int) -> None:
    made = served(server, interface="asgi" if server == "uvicorn" else "wsgi")
    text = boot_options.web_question_files(made, config.gunicorn_file(made))[made.paths.conf / "boot.json"]
    assert f'"workers": {workers}' in text
    assert '"marks": null' in text


def test_what_drains_the_server_lies_in_the_release() -> None:
    assert "run_server.py" in config.write(served("uvicorn", interface="asgi")).script.text
    assert "run_server.py" not in config.write(target()).script.text
