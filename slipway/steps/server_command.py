"""Makes the command line of an app's web server: each server in its own words, listening on the release's socket."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from slipway.core.errors import UsageError
from slipway.core.prepend_exec import exec_command
from slipway.core.shell import Script, sh
from slipway.inventory.app import App, Process
from slipway.inventory.web_servers import GUNICORN
from slipway.model.step import Target

# Seconds that a server gets to end when all its connections are closed already.
END = 3
WAITRESS_THREADS = 4
# 0.0.0.0 or [::] as a whole address, or before a port; not a network such as 0.0.0.0/0.
_ALL_ADDRESSES = re.compile(r"(?<![\w.:])(?:0\.0\.0\.0|\[::\])(?![\w./]|:[^$])")
_FACTORY = re.compile(r"(?P<function>[^(]+)\(\s*\)")


def server_command(target: Target) -> Script:
    """The command line of the process `web`."""
    own = target.app.web_process.command
    if own:
        own = listen_nearby(own)
        simple = exec_command(own)
        return _drained(target, sh("sh -c {{command}}", command=simple or own), group=simple is None)
    name = target.app.server_name
    if name == GUNICORN:
        return sh(
            "{{files}}{{run}} gunicorn -c {{conf}} --bind {{bind}} {{app}}",
            files=open_files(target.app, target.app.web_process),
            run=target.paths.launcher,
            conf=target.paths.gunicorn,
            bind=f"unix:{target.paths.listen()}",
            app=target.detected.target or "",
        )
    return _drained(target, sh("{{words}}", words=_WORDS[name](target)))


def runs_gunicorn(app: App) -> bool:
    """Whether the web server is Slipway's own gunicorn."""
    return app.web_process.command is None and app.server_name == GUNICORN


def names(variable: str, command: str) -> bool:
    """Whether a command line has a variable such as SOCKET in it."""
    return re.search(rf"\$(?:{variable}\b|\{{{variable}\b)", command) is not None


def listen_nearby(command: str) -> str:
    """A command with $PORT in it that asks for all addresses, as platforms want it, listens for nginx alone."""
    return _ALL_ADDRESSES.sub("127.0.0.1", command) if names("PORT", command) else command


def may_use_port(app: App) -> bool:
    """Whether the web process may listen on $PORT: a command of the app's own that does not name $SOCKET alone."""
    own = app.web_process.command
    return own is not None and (names("PORT", own) or not names("SOCKET", own))


def _drained(target: Target, command: Script, group: bool = False) -> Script:
    """A server that is told to end only when its connections are closed, see `slipway.remote.web.run_server`."""
    options = {"socket": str(target.paths.listen()), "grace": target.app.gunicorn.graceful_timeout, "group": group}
    options |= {"port": True} if may_use_port(target.app) else {}
    return sh(
        "{{run}} python3 -I -S {{program}} {{options}} {{files}}{{command}}",
        run=target.paths.launcher,
        program=target.paths.conf / "run_server.py",
        options=json.dumps(options, sort_keys=True),
        files=open_files(target.app, target.app.web_process),  # of the server alone, which serves connections
        command=command,
    )


def open_files(app: App, process: Process) -> Script:
    """Words before a command that limit how many files it may have open; none if nothing limits that."""
    number = process.nofile or app.limits.nofile
    if not number:
        return Script("")
    limit = (
        f'ulimit -n {number} 2> /dev/null || {{ echo "Slipway: nofile = {number} is more than this host allows '
        '($(ulimit -Hn)): lower it, or run fab provision" >&2; exit 1; }; exec "$@"'
    )
    return Script(f"{sh('sh -c {{limit}} sh', limit=limit)} ")


def _callable(target: Target) -> tuple[str, bool]:
    """The callable as `module:name`, and whether it is a function that makes the app.

    Raises:
        UsageError: that function needs arguments, which only gunicorn, hypercorn and uwsgi can give it.
    """
    text = target.detected.target or ""
    match = _FACTORY.fullmatch(text)
    if not match and "(" in text:
        raise UsageError(
            f"{target.app.server_name} cannot call {text} with arguments",
            hint="Name a function without arguments, or an object, by app.wsgi or app.asgi.",
        )
    return (match["function"], True) if match else (text, False)


def _uvicorn(target: Target) -> list[str]:
    name, factory = _callable(target)
    return [
        "uvicorn", "--uds", str(target.paths.listen()), "--workers", str(target.app.gunicorn.workers),
        "--proxy-headers", "--forwarded-allow-ips", "*", "--no-access-log", "--no-server-header",
        "--timeout-graceful-shutdown", str(END), *(["--factory"] if factory else []), name,
    ]  # fmt: skip


def _hypercorn(target: Target) -> list[str]:
    detected = target.detected
    name = f"wsgi:{detected.wsgi}" if detected.wsgi else detected.asgi or ""
    return [
        "hypercorn", "--bind", f"unix:{target.paths.listen()}", "--workers", str(target.app.gunicorn.workers),
        "--graceful-timeout", str(END), "--backlog", "2048", name,
    ]  # fmt: skip


def _granian(target: Target) -> list[str]:
    name, factory = _callable(target)
    threads = target.app.gunicorn.threads if target.detected.wsgi else None  # one thread runs an ASGI app
    return [
        "granian", "--uds", str(target.paths.listen()), "--interface", "wsgi" if target.detected.wsgi else "asgi",
        "--workers", str(target.app.gunicorn.workers), *(["--blocking-threads", str(threads)] if threads else []),
        "--backlog", "2048", "--no-access-log", "--workers-kill-timeout", str(END),
        *(["--factory"] if factory else []), name,
    ]  # fmt: skip


def _waitress(target: Target) -> list[str]:
    name, factory = _callable(target)
    return [
        # Its own default, 0600, it sets after the socket is there, perhaps later than `run_server` opens it for nginx.
        "waitress-serve", f"--unix-socket={target.paths.listen()}", "--unix-socket-perms=666",
        f"--threads={target.app.gunicorn.threads or WAITRESS_THREADS}", "--backlog=2048", "--ident=",
        # Whoever speaks on the unix socket is nginx.
        "--trusted-proxy=*", "--trusted-proxy-count=1",
        "--trusted-proxy-headers=x-forwarded-for x-forwarded-proto x-forwarded-host", "--clear-untrusted-proxy-headers",
        *(["--call"] if factory else []), name,
    ]  # fmt: skip


def _uwsgi(target: Target) -> list[str]:
    threads = target.app.gunicorn.threads
    return [
        "uwsgi", "--http-socket", str(target.paths.listen()), "--chmod-socket=666", "--listen", "1024", "--master",
        "--processes", str(target.app.gunicorn.workers), *(["--threads", str(threads)] if threads else []),
        "--enable-threads", "--lazy-apps", "--need-app", "--die-on-term", "--disable-logging", "--log-5xx",
        "--buffer-size", "16384", "--virtualenv", str(target.paths.venv), "--wsgi", target.detected.target or "",
    ]  # fmt: skip


def _daphne(target: Target) -> list[str]:
    name, factory = _callable(target)
    if factory:
        raise UsageError(
            f"daphne cannot call {name}()", hint="Name an object that the module has by app.asgi, or another server."
        )
    # lockfile=0: a lock that a killed daphne has left would keep it from starting for as long as its pid is taken.
    place = f"unix:{target.paths.listen()}:mode=666:backlog=2048:lockfile=0"
    return ["daphne", "-e", place, "--proxy-headers", "--no-server-name", "-v", "0", name]


_WORDS: Mapping[str, Callable[[Target], list[str]]] = MappingProxyType(
    {
        "uvicorn": _uvicorn,
        "hypercorn": _hypercorn,
        "granian": _granian,
        "waitress": _waitress,
        "uwsgi": _uwsgi,
        "daphne": _daphne,
    }
)
