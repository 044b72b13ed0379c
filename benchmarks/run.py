#!/usr/bin/env python
"""Slipway beside a hand-tuned bash script, in one run, in turns: `.venv/bin/python benchmarks/run.py --help`."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from facts import about, other
from measure import Counter, Sample, Spent, phases
from tables import line, table
from tools import FAR, Tool, far_away, own_processors, script, slipway
from world import ROOT, SCRIPT, SLIPWAY, World, make

from slipway import lab

SAME_CONFIG = "warm, same gunicorn.conf.py"


def main() -> None:
    """Make the world, measure, print, write."""
    options = arguments()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    try:
        world = make(work, options.sizes, [FAR])
        results = {
            "about": about(options.rounds, options.trip, options.share),
            "rows": list(rows(world, options)),
            "other": other(world),
        }
    finally:
        if not options.keep:
            lab.down(work / ".lab", keep_image=True)
    folder = ROOT / "benchmarks" / "results"
    folder.mkdir(exist_ok=True)
    path = folder / time.strftime("%Y%m%d-%H%M%S.json")
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(table(results))
    print(f"\n{path.relative_to(ROOT)}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("/tmp/slipway-benchmark"), help="folder for everything")
    parser.add_argument("--sizes", type=_numbers, default=[1, 2, 4, 8], help="numbers of hosts, as 1,2,4,8")
    parser.add_argument("--rounds", type=int, default=7, help="samples of each kind")
    parser.add_argument("--firsts", type=int, default=2, help="samples of a first deploy")
    parser.add_argument("--trip", type=float, default=50, help="milliseconds of round trip for the far hosts")
    parser.add_argument("--share", type=float, default=0.25, help="a host's part of a processor, where it has its own")
    parser.add_argument("--keep", action="store_true", help="leave the lab up for the next run")
    return parser.parse_args()


def rows(world: World, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Measure everything; one row for each kind of deploy, number of hosts and distance."""
    near, rounds = world.hosts[0].port, options.rounds
    yield compare(world, "first", 1, near, options.firsts, first=True)
    for tool in (slipway(world), script(world)):
        tool(world.sizes[-1], near)  # so that none is anybody's first any more
    for count in world.sizes:
        yield compare(world, "warm", count, near, rounds, change=True)
    for count in (count for count in world.sizes if count in (1, 4)):
        yield compare(world, SAME_CONFIG, count, near, rounds, change=True)
    yield compare(world, "no-op", 1, near, rounds)
    yield alone(world, "rollback", rounds, partial(slipway, world, task="rollback"), before=slipway(world))
    yield alone(world, "warm, with a worker", rounds, partial(slipway, world, name="worker"))
    with far_away(world, options.trip / 1000):
        for count in (world.sizes[0], world.sizes[-1]):
            yield compare(world, "warm", count, FAR, rounds, change=True)
        yield compare(world, "no-op", 1, FAR, rounds)
    with own_processors(world, options.share):
        for count in (count for count in world.sizes if count * options.share <= (os.cpu_count() or 1) / 2):
            yield compare(world, "warm", count, near, rounds, change=True, own=True)


def compare(
    world: World,
    what: str,
    count: int,
    port: int,
    rounds: int,
    *,
    change: bool = False,
    first: bool = False,
    own: bool = False,
) -> dict[str, Any]:
    """Run both tools in turns, so that whatever else the machine does hits both.

    Args:
        change: commit a change before each round. first: make the hosts forget the app before each run.
        own: each host has a processor of its own, for the table.
    """
    tools = {"slipway": (SLIPWAY, slipway(world)), "script": (SCRIPT, script(world, shared=what == SAME_CONFIG))}
    samples: dict[str, list[Sample]] = {name: [] for name in tools}
    spent: dict[str, list[float]] = {name: [] for name in tools}
    asked = {}
    for _ in range(rounds):
        if change:
            world.change()
        for name, (app, tool) in tools.items():
            if first:
                world.forget(app, count)
            counter, meter = Counter(world), Spent(world, count)
            samples[name].append(tool(count, port))
            spent[name].append(meter.result())
            asked[name] = counter.result()
    row: dict[str, Any] = {"what": what, "hosts": count, "where": "own" if own else "far" if port == FAR else "near"}
    for name, found in samples.items():
        row[name] = summary(found) | {"connections": asked[name][0], "commands": asked[name][1]}
        row[name]["host_cpu"] = round(statistics.median(spent[name]), 2)
    if change:
        world.change()
    if first:
        world.forget(SLIPWAY, count)
    row["phases"] = phases(slipway(world, verbose=True)(count, port).output)
    return _told(row)


def alone(
    world: World, what: str, rounds: int, make: Callable[..., Tool], before: Tool | None = None
) -> dict[str, Any]:
    """Measure what only Slipway does, on one host near by."""
    port = world.hosts[0].port

    def sample(tool: Tool) -> Sample:
        world.change()
        if before:
            before(1, port)
        return tool(1, port)

    found = summary([sample(make()) for _ in range(rounds)])
    told = phases(sample(make(verbose=True)).output)
    return _told({"what": what, "hosts": 1, "where": "near", "slipway": found, "phases": told})


def summary(samples: list[Sample]) -> dict[str, Any]:
    """Medians of samples."""
    return {
        "seconds": round(statistics.median(sample.seconds for sample in samples), 3),
        "best": round(min(sample.seconds for sample in samples), 3),
        "all": [round(sample.seconds, 3) for sample in samples],
        "cpu": round(statistics.median(sample.cpu for sample in samples), 2),
        "memory": round(max(sample.memory for sample in samples), 1),
    }


def _numbers(text: str) -> list[int]:
    return sorted({int(number) for number in text.split(",")})


def _told(row: dict[str, Any]) -> dict[str, Any]:
    print(line(row), file=sys.stderr, flush=True)
    return row


if __name__ == "__main__":
    main()
