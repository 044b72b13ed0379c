"""A test bench for remote programs: an app's folder with its supervisord and its releases."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slipway.remote import program
from slipway.remote.host import proc
from slipway.remote.supervisor import rpc
from tests.remote.apps import APPS
from tests.remote.run_program import Done
from tests.remote.supervisor_configs import GUNICORN, PROGRAM, SUPERVISORD


class Bench:
    """One app on one host."""

    def __init__(self, venv: Path) -> None:
        self.venv = venv
        self.base = Path(tempfile.mkdtemp(prefix="slip"))  # pytest's own folders are too long for sockets
        for name in ("releases", "run", "log", "conf", "supervisor.d", "shared", "venvs"):
            (self.base / name).mkdir()
        self.supervisord: subprocess.Popen[bytes] | None = None

    @property
    def supervisor(self) -> str:
        return str(self.base / "run" / "supervisor.sock")

    def start_supervisor(self, wait: bool = True) -> None:
        config = self.base / "conf" / "supervisord.conf"
        config.write_text(SUPERVISORD.format(base=self.base, user=os.getuid()))
        command = [f"{self.venv}/bin/supervisord", "-n", "-c", str(config)]
        # A session of its own, as systemd gives it one.
        self.supervisord = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        if wait:
            self.until(lambda: self.rpc("getState"))

    def kill_supervisor(self) -> None:
        """kill -9: its children live on."""
        assert self.supervisord
        self.supervisord.kill()
        self.supervisord.wait()

    def rpc(self, method: str, *args: str | bool) -> Any:
        try:
            return rpc.call(self.supervisor, method, *args)
        except rpc.Down:
            return None

    def states(self) -> dict[str, str]:
        return {p["group"]: p["statename"] for p in self.rpc("getAllProcessInfo")}

    def release(self, id: str, app: str = "good", workers: int = 1, startsecs: int = 2) -> dict[str, Any]:
        """Lay down a release with one web program; return the options that `boot` takes for it."""
        folder = self.base / "releases" / id
        for name in ("app", "run"):
            (folder / name).mkdir(parents=True)
        (folder / "app" / "web.py").write_text(APPS[app])
        (folder / "app_risks.py").write_text(program("web.find_app_risks"))
        config = folder / "gunicorn.conf.py"
        config.write_text(GUNICORN.format(run=folder / "run", workers=workers))
        self.add(f"{id}.web", folder / "app", f"{self.venv}/bin/gunicorn -c {config} web:application", startsecs)
        return {
            "supervisor": self.supervisor,
            "programs": [f"{id}.web"],
            "socket": str(folder / "run" / "web.sock"),
            "marks": str(folder / "run"),
            "workers": workers,
            "health": "/healthz",
            "host": "example.org",
            "https": False,
            "timeout": 10,
            "log": f"{self.base}/log/{id}.web.log",
            "files": self.files(f"{id}.web"),
        }

    def add(self, name: str, directory: Path, command: str, startsecs: int = 2) -> None:
        """Write the file of a program, as a deploy does."""
        environment = f'PYTHONDONTWRITEBYTECODE="1",RELEASE="{name}"'
        place = {"directory": directory, "base": self.base, "environment": environment}
        text = PROGRAM.format(name=name, command=command, startsecs=startsecs, **place)
        Path(self.files(name)[name]).write_text(text)

    def files(self, name: str) -> dict[str, str]:
        return {name: str(self.base / "supervisor.d" / f"{name}.conf")}

    def run(self, name: str, options: dict[str, Any]) -> Done:
        """Run a remote program as a script on a host does."""
        return self.finish(self.begin(name, options))

    def begin(self, name: str, options: dict[str, Any]) -> subprocess.Popen[str]:
        running = subprocess.Popen(
            [sys.executable, "-I", "-", json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert running.stdin
        running.stdin.write(program(name))
        running.stdin.close()
        return running

    def finish(self, running: subprocess.Popen[str]) -> Done:
        began = time.monotonic()
        assert running.stdout
        output = running.stdout.read()
        return Done(running.wait(), output, time.monotonic() - began)

    def until(self, condition: Callable[[], Any], seconds: float = 10) -> Any:
        """Wait until something is true; return what it is."""
        deadline = time.monotonic() + seconds
        while not (result := condition()):
            assert time.monotonic() < deadline, "it never happened"
            time.sleep(0.01)
        return result

    def mine(self) -> list[int]:
        """Return the pids of live processes that this bench started, by what their command line names."""
        mark = str(self.base).encode()
        return [pid for pid in proc.live() if proc.stat(pid) and mark in self.command_line(pid)]

    def command_line(self, pid: int) -> bytes:
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes()
        return b""

    def kill(self, pid: int) -> None:
        """kill -9 of a process that may have ended by itself."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """End what was started here, and leave nothing."""
        for pid in self.mine():
            self.kill(pid)
        if self.supervisord:
            self.supervisord.wait()
        shutil.rmtree(self.base)
