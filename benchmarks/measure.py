"""How long a command takes, what it costs this machine, and what it asks of the hosts."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from world import World

from slipway.lab import LabHost

# Seconds after a deploy in which its old processes end; they belong to what it costs.
ENDING = 0.7


@dataclass(frozen=True)
class Sample:
    """One run.

    Attributes:
        seconds: from start to end, as a user waits.
        cpu: seconds of this machine's processors, all children included.
        memory: MB, the largest process of it at its peak.
        output: what it printed.
    """

    seconds: float
    cpu: float
    memory: float
    output: str


def run(argv: list[str | Path], env: Mapping[str, str], cwd: Path) -> Sample:
    """Run a command.

    Raises:
        RuntimeError: it failed; with its output.
    """
    read, write = os.pipe()
    began = time.monotonic()
    process = subprocess.Popen(argv, env=env, cwd=cwd, stdout=write, stderr=write, stdin=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        output = pipe.read().decode("utf-8", "replace")
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, argv))} failed:\n{output}")
    return Sample(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def phases(output: str) -> dict[str, float]:
    """Seconds of each phase and step, from the table that `--verbose` prints at the end."""
    found = re.findall(r"^(\s*)(\S[^\d\n]*?)\s+(\d+\.\d\d)(?=\s|$)", output.partition("seconds")[2], re.MULTILINE)
    return {("  " if indent else "") + name: float(seconds) for indent, name, seconds in found}


class Counter:
    """Counts connections and remote commands of the first host by its sshd's own log."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.before = self._count()

    def _count(self) -> tuple[int, int]:
        log = self.world.root(self.world.hosts[0], "journalctl -t sshd -t sshd-session -o cat --no-pager")
        sessions = len(re.findall(r"^Starting session: (?:command|shell|subsystem).* for deploy ", log, re.MULTILINE))
        return len(re.findall(r"^Accepted \w+ for deploy ", log, re.MULTILINE)), sessions

    def result(self) -> tuple[int, int]:
        """(connections, commands) since this counter was made."""
        connections, sessions = self._count()
        return connections - self.before[0], sessions - self.before[1]


class Spent:
    """Measures what a deploy costs a host of its processors, by the accounts of its container's control group."""

    def __init__(self, world: World, count: int) -> None:
        self.hosts = world.hosts[:count]
        self.before = self._total()

    def _total(self) -> float:
        return sum(spent(host) for host in self.hosts)

    def result(self) -> float:
        """Processor seconds of each host since this was made; of all hosts the mean."""
        time.sleep(ENDING)
        return (self._total() - self.before) / len(self.hosts)


def spent(host: LabHost) -> float:
    """Processor seconds that everything on a host has taken so far (cgroups(7), version 1 or 2)."""
    words = [host.engine, "inspect", "-f", "{{.Id}} {{.State.Pid}}", host.container]
    id, pid = subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE).stdout.split()
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        parts = Path(path).parts
        inside = Path(*parts[1 : 1 + next(number for number, part in enumerate(parts) if id in part)])
        usage = Path("/sys/fs/cgroup", controllers, inside, "cpuacct.usage")
        stat = Path("/sys/fs/cgroup", inside, "cpu.stat")
        if "cpuacct" in controllers.split(",") and usage.exists():
            return int(usage.read_text()) / 1e9
        if not controllers and stat.exists():
            return int(stat.read_text().split()[1]) / 1e6  # its first line: usage_usec N
    raise RuntimeError(f"{host.name}: its control group keeps no accounts")
