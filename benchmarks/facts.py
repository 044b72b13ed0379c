"""Describes the machine, and measures what fab needs before it contacts a host."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import time
from typing import Any

from measure import run
from world import FAB, ROOT, SLIPWAY, World, environment


def other(world: World) -> dict[str, float]:
    """What fab needs before it contacts anybody."""
    env = environment(world, SLIPWAY)
    return {
        words: round(statistics.median(run([FAB, *words.split()], env, ROOT).seconds for _ in range(9)), 3)
        for words in ("--list", "deploy --dry", f"deploy --dry --hosts=n{world.sizes[-1]}")
    }


def about(rounds: int, trip: float, share: float) -> dict[str, Any]:
    """Where and when it was measured."""
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return {
        "when": time.strftime("%Y-%m-%d %H:%M"),
        "commit": head.stdout.decode().strip(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "rounds": rounds,
        "trip": trip,
        "share": share,
    }
