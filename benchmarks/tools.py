"""The compared tools: Slipway and deploy.sh, near or far."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import Sample, run
from world import FAB, ROOT, SCRIPT, SLIPWAY, World, environment

FAR = 2222  # the port at which a host is far away
# Does its work on the first hosts, so many of them, at an SSH port.
Tool = Callable[[int, int], Sample]


def slipway(world: World, *, task: str = "deploy", name: str = SLIPWAY, verbose: bool = False) -> Tool:
    """A task of Slipway, with the inventory of that name; `verbose` to be told the phases."""
    words = ["--verbose"] if verbose else []
    return lambda count, port: run([FAB, task, f"--hosts=n{count}", *words], environment(world, name, port), ROOT)


def script(world: World, *, shared: bool = False) -> Tool:
    """The yardstick; `shared` with the one thing in Slipway's gunicorn.conf.py that makes an app boot quicker."""

    def deploy(count: int, port: int) -> Sample:
        addresses: list[str | Path] = [host.address for host in world.hosts[:count]]
        env = {**environment(world, SCRIPT, port), "SSH_PORT": str(port), "SHARED": "yes" if shared else ""}
        return run([ROOT / "benchmarks" / "deploy.sh", world.config, *addresses], env, ROOT)

    return deploy


@contextmanager
def far_away(world: World, trip: float) -> Iterator[None]:
    """Hosts at port FAR with a round trip of so many seconds, for as long as this lasts."""
    places = [f"{host.address}:{host.port}" for host in world.hosts]
    argv = [sys.executable, str(ROOT / "benchmarks" / "delay.py"), str(trip), str(FAR), *places]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout and process.stdout.readline()
            yield
        finally:
            process.terminate()


@contextmanager
def own_processors(world: World, share: float) -> Iterator[None]:
    """Each host gets so much of a processor and no more, however many there are: as if none shared one with others."""
    limit(world, share)
    try:
        yield
    finally:
        limit(world, os.cpu_count() or 1)


def limit(world: World, processors: float) -> None:
    """Let each host use so many of this machine's processors at most."""
    for host in world.hosts:
        argv = [host.engine, "update", "--cpus", str(processors), host.container]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
