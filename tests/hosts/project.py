"""A user's own project, as a test deploys it: a git repository, an inventory, and the real `fab`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hosts.hosts import Answer, Hosts

ROOT = Path(__file__).resolve().parents[2]
APPS = {"hello": ROOT / "examples" / "hello", "tiny": Path(__file__).parent / "apps" / "tiny"}
FAB = Path(sys.executable).with_name("fab")
RELEASE = re.compile(r"\d{8}-\d{6}-[0-9a-f]{7}(?:-dirty)?")
# What a test's own shell may hold must not reach the app, nor settings of git.
GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


@dataclass
class Run:
    """How a run of fab ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


class Project:
    """An app on some hosts of the lab.

    Args:
        hosts: the lab.
        folder: an empty folder; gets `repo/`, `inventory.toml` and a link to the lab.
        name: the app's name; no other project on these hosts has it.
        app: a folder with the app's files, or the name of one in APPS.
        on: the hosts that the inventory names, which `fab` takes without --hosts.
        settings: more for the table [app]; `domains` are NAME.test unless given.
        env: the table [env].
    """

    def __init__(
        self,
        hosts: Hosts,
        folder: Path,
        name: str,
        app: str | Path = "tiny",
        on: Sequence[str] = ("lab1",),
        *,
        env: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        self.hosts, self.folder, self.name, self.on_hosts = hosts, folder, name, tuple(on)
        self.repo = folder / "repo"
        shutil.copytree(APPS.get(str(app), Path(app)), self.repo, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / ".lab").symlink_to(hosts.folder)
        self.settings: dict[str, Any] = {"domains": [f"{name}.test"], "source": "repo", **settings}
        self.env: dict[str, Any] = dict(env or {})
        self.tables: dict[str, Any] = {}
        self.configure(**settings)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Test")
        self.git("config", "user.email", "test@example.org")
        self.commit("Begin")

    # The project's files

    def configure(self, **settings: Any) -> None:
        """Change settings of the table [app] (None takes one away), and write the inventory."""
        self.settings.update(settings)
        if processes := settings.get("processes"):  # a command alone is watched for a second: tests have no time
            self.settings["processes"] = {
                name: {"command": value, "watch": 1} if isinstance(value, str) and name != "web" else value
                for name, value in processes.items()
            }
        app = {"name": self.name, **{key: value for key, value in self.settings.items() if value is not None}}
        groups = {"lab": {"hosts": list(self.on_hosts), "lab": True}}
        tables = {"default": "lab", "app": app, "env": self.env, "groups": groups, **self.tables}
        text = "".join(f"{key} = {toml(value)}\n" for key, value in tables.items())
        (self.folder / "inventory.toml").write_text(text, encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        """Write a file of the repository, without a commit."""
        place = self.repo / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Change a file of the repository, without a commit."""
        text = (self.repo / path).read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new))

    def edit(self, path: str, text: str) -> str:
        """Write a file and commit it; returns the commit."""
        self.write(path, text)
        return self.commit(f"Change {path}")

    def say(self, text: str) -> str:
        """Change what the tiny app says, and commit it; returns the commit."""
        path = self.repo / "app.py"
        path.write_text(re.sub(r'(?m)^TEXT = ".*"$', f'TEXT = "{text}"', path.read_text()))
        return self.commit(f"Say {text}")

    def commit(self, message: str) -> str:
        """Commit everything, even if nothing changed; returns the commit."""
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def back_to(self, commit: str) -> None:
        """Make the repository what it was at a commit, as a further commit."""
        self.git("read-tree", "-u", "--reset", commit)
        self.commit("Go back")

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.repo, env={**os.environ, **GIT}, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    # What a user types

    def start(self, *words: str, program: Sequence[str] = (str(FAB),), **variables: str) -> subprocess.Popen[str]:
        """Start fab, or a program that takes its place, and do not wait for it."""
        env = {**os.environ, **GIT, "SLIPWAY_INVENTORY": str(self.folder / "inventory.toml"), **variables}
        return subprocess.Popen(
            [*program, "-r", str(ROOT), *words],
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def fab(self, *words: str, **variables: str) -> Run:
        """Run fab to its end."""
        return wait(self.start(*words, **variables))

    def provision(self, *words: str) -> Run:
        """Provision; a failure fails the test."""
        run = self.fab("provision", *words)
        assert run.code == 0, run.text
        return run

    def deploy(self, *words: str) -> Run:
        """Deploy, also what is there already; a failure fails the test."""
        run = self.fab("deploy", "--again", *words)
        assert run.code == 0, run.text
        return run

    def failing(self, *words: str) -> Run:
        """Deploy, which has to fail with exit code 1 and without a traceback."""
        run = self.fab("deploy", "--again", *words)
        assert run.code == 1, run.text
        assert "Traceback" not in run.err.split("|")[0], run.text
        return run

    # What the hosts say

    @property
    def base(self) -> str:
        """The app's folder on the first of the hosts; where there is root, on all of them."""
        return self.base_on(self.on_hosts[0])

    def base_on(self, host: str) -> str:
        """The app's folder on a host."""
        return f"{self.hosts[host].root or '/srv'}/{self.name}"

    @property
    def site(self) -> str:
        """What a visitor asks for."""
        domains: list[str] = self.settings["domains"] or [self.hosts[self.on_hosts[0]].address]
        return domains[0]

    def on(self, host: str, command: str, data: bytes = b"") -> str:
        """Run a bash command on a host as its admin, in the app's folder."""
        return self.hosts.on(host, f"cd {self.base_on(host)} && {command}", data)

    def environment(self, host: str, pid: int) -> dict[bytes, bytes]:
        """The environment of a process of the app; only its own user may look."""
        who = "" if self.hosts.rootless else f"runuser -u {self.name} -- "
        raw = self.hosts.run(host, f"{who}cat /proc/{pid}/environ").stdout
        return dict(entry.split(b"=", 1) for entry in raw.split(b"\0") if entry)

    def on_all(self, command: str) -> dict[str, str]:
        """The same on all hosts at once."""
        with ThreadPoolExecutor(len(self.on_hosts)) as pool:
            said = pool.map(lambda host: self.on(host, command), self.on_hosts)
            return dict(zip(self.on_hosts, said, strict=True))

    def get(self, host: str, path: str = "/", **options: Any) -> Answer:
        """Ask the app through nginx."""
        return self.hosts.get(host, path, **{"site": self.site, **options})

    def page(self, host: str, path: str = "/") -> dict[str, Any]:
        """The JSON that the app answers with 200."""
        answer = self.get(host, path)
        assert answer.status == 200, f"{host}: {answer.status} {answer.text}"
        page: dict[str, Any] = json.loads(answer.body)
        return page

    def pages(self, path: str = "/") -> list[dict[str, Any]]:
        """The JSON of every host."""
        return [self.page(host, path) for host in self.on_hosts]

    def current(self, host: str) -> str:
        """The current release."""
        return self.on(host, "basename $(readlink current)")

    def traces(self) -> dict[str, str]:
        """On each host, everything that belongs to a release, and everything that runs: what a failure must not change.

        Waits until what was told to stop has ended.
        """
        seen: dict[str, str] = {}
        deadline = time.monotonic() + 15
        while (now := self.on_all(TRACES)) != seen and time.monotonic() < deadline:
            seen = now
            time.sleep(0.1)
        return now

    def remove(self) -> None:
        """Take the app off its hosts, without any manners."""
        for host in self.on_hosts:
            self.hosts.run(host, REMOVE.replace("NAME", self.name).replace("BASE", self.base_on(host)))


# Processes stand for those that were there: a pid that changed is a process that was restarted.
TRACES = r"""
shopt -s nullglob
printf '%s\n' releases/* env/* supervisor.d/* static/* undo* *.new releases/*/run/* refs/*
for link in current standby; do printf '%s -> %s\n' $link "$(readlink $link)"; done
for venv in venvs/*; do [[ -e $venv/.complete ]] || echo "$venv is not whole"; done
git --git-dir=repo.git for-each-ref --format='%(refname)' refs/slipway
user=$(stat -c %G .) which=-u
if [[ $user == "$(stat -c %U .)" ]]; then which=-s user=$(ps -o sid= -p "$(cat run/supervisord.pid)"); fi
ps -o pid=,args= $which $user | grep -vF "<defunct>" | sort -n
"""

REMOVE = r"""
if [[ -e /etc/systemd/system/slipway-NAME.service ]]; then
  systemctl kill --signal=KILL slipway-NAME.service
  systemctl disable --now slipway-NAME.service
  rm -rf BASE /etc/systemd/system/slipway-NAME.service /etc/nginx/sites-*/slipway-NAME.conf
  nginx -s reload
else
  cd BASE && kill -TERM "$(cat run/supervisord.pid)"
  cd ..
  rm -rf BASE .slipway/nginx/sites/slipway-NAME.conf
  kill -HUP "$(cat .slipway/nginx/nginx.pid)"
fi
"""


def wait(process: subprocess.Popen[str], timeout: float = 150) -> Run:
    """Wait for a fab that was started."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"fab did not end within {timeout} s:\n{out}{err}") from None
    return Run(process.returncode, out, err)


def toml(value: object) -> str:
    """Write a value as TOML, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(toml(item) for item in value)}]"
    if isinstance(value, (str, Path)):
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)
