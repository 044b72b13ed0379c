"""Makes the options of the programs that boot, ask and stop a release: its `boot.json`, `workers.json` and the like.

They lie in the release, so that a rollback asks what the deploy asked.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import PurePosixPath

from slipway.core.shell import sh
from slipway.inventory.app import WEB, Process
from slipway.inventory.web_servers import SERVERS
from slipway.model.release_layout import ReleaseLayout
from slipway.model.step import Target
from slipway.remote.web.send_health_check import Question, request
from slipway.steps import schedule_host
from slipway.steps.boot_and_switch import HEALTH_COMMAND
from slipway.steps.common import as_app, health_question
from slipway.steps.server_command import may_use_port, runs_gunicorn

# Seconds that a release which is taken back has for the requests that it got.
DRAIN = 10


def question_files(target: Target) -> dict[PurePosixPath, str]:
    """The options of the programs that boot, ask and stop the processes but web, now and at a rollback."""
    app, paths = target.app, target.paths
    workers = schedule_host.workers(target)
    options = {
        **_common(target),
        "timeout": app.health_timeout + max((process.watch for process in workers.values()), default=0),
        "programs": [paths.program(name) for name in workers],
        "socket": None,
        "logs": {paths.program(name): str(log_file(paths, name, workers[name])) for name in workers},
        "files": {paths.program(name): str(paths.program_file(name)) for name in workers},
    }
    files = {paths.conf / "workers.json": _line(options)}
    if app.health_command:
        words = sh(
            "{{user}} timeout -k 5 {seconds} {{run}} sh -c {{command}}",
            user=as_app(target),
            run=paths.launcher,
            command=app.health_command,
        )
        told = {"words": shlex.split(words.text), "command": app.health_command, "timeout": app.health_timeout}
        files[paths.conf / HEALTH_COMMAND] = _line(told)
    return files


def web_question_files(target: Target, gunicorn: str) -> dict[PurePosixPath, str]:
    """The options of the programs that boot, ask and stop the web process.

    Args:
        gunicorn: the text of gunicorn.conf.py; the user's own may leave no marks, and have other workers.
    """
    app, paths = target.app, target.paths
    own = runs_gunicorn(app)
    named = app.web_process.command is None and SERVERS[app.server_name].workers
    boot = {
        **_common(target),
        **health_question(target.host),
        "programs": [paths.program(WEB)],
        "web": paths.program(WEB),
        "socket": str(paths.listen()),
        "sockets": {paths.program(WEB): str(paths.listen())},
        "marks": str(paths.run) if own and "def post_worker_init(" in gunicorn else None,
        "workers": gunicorn_workers(gunicorn, app.gunicorn.workers) if named else 1,
        "log": str(log_file(paths, WEB, app.web_process)),
        "files": {paths.program(WEB): str(paths.program_file(WEB))},
        "allow": list(app.allow),
        **({"port": True} if may_use_port(app) else {}),
    }
    health = health_question(target.host)
    return {
        paths.conf / "boot.json": _line(boot),
        paths.conf / "ask.json": _line({**health, "timeout": app.health_timeout}),
        paths.conf / "ask.http": request(Question("", **health)).decode(),
    }


def _common(target: Target) -> dict[str, object]:
    return {
        "supervisor": str(target.layout.supervisor_socket),
        "timeout": target.app.health_timeout,
        "wait": DRAIN,
        "grace": DRAIN,
    }


def _line(options: Mapping[str, object]) -> str:
    return f"{json.dumps(options, sort_keys=True)}\n"


def gunicorn_workers(gunicorn: str, usual: int) -> int:
    """How many workers gunicorn will have, as far as its configuration says so in so many words."""
    numbers = re.findall(r"(?m)^workers *= *([0-9]+) *$", gunicorn)
    return int(numbers[-1]) if numbers else usual


def log_file(paths: ReleaseLayout, name: str, process: Process) -> PurePosixPath:
    """Where a process logs; the first of several, each of which has a log of its own."""
    return paths.log(name if process.count <= 1 else f"{name}.0")
