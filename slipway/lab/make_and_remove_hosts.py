"""Brings a lab up and takes it down; hosts that exist already are used."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from slipway.core.errors import SlipwayError

from . import folder_locks, host_addresses, inotify_limit, ssh_keys
from .engine import PAUSED, STOPPED, UNFINISHED, Engine, Found, Lab, Say
from .host_addresses import HostAddress
from .run_program import run
from .state import LabHost, save_state

A = TypeVar("A")
B = TypeVar("B")

ENGINE = "engine"
ANSWER_SECONDS = 60.0
WORKERS = 8
# `--wait` is for the end of the boot: until then nobody but root may log in.
CHECK = ("systemctl is-system-running --wait >/dev/null 2>&1; true",)


def bring_up(lab: Lab, engine: Engine, names: list[str], say: Say, first_block: int) -> list[LabHost]:
    """The hosts of these names, each checked to answer SSH; others that run already stay.

    Raises:
        SlipwayError: a host could not be made or does not answer.
    """
    ssh_keys.make_identity(lab.folder)
    (lab.folder / ENGINE).write_text(engine.name, encoding="ascii")
    present = _without_ruins(lab, engine)
    missing = [name for name in names if name not in present]
    if missing:
        with folder_locks.machine(say):
            engine.ready(lab, len(missing), say)
            _make(lab, engine, missing, present, say, first_block)
    for host in present.values():
        _wake(lab, engine, host, say)
    hosts = engine.found(lab)
    answered = _wait_all(lab, engine, hosts)
    save_state(lab.folder, answered)
    return answered


def _without_ruins(lab: Lab, engine: Engine) -> dict[str, Found]:
    found = engine.found(lab)
    ruins = [name for name, host in found.items() if host.state == UNFINISHED]
    engine.remove(lab, ruins)
    return {name: host for name, host in found.items() if name not in ruins}


def _make(lab: Lab, engine: Engine, names: list[str], present: dict[str, Found], say: Say, first_block: int) -> None:
    numbers = number(names, [host.endpoint for host in present.values()])
    block = next((host_addresses.block_of(host.endpoint) for host in present.values()), None)
    chosen = host_addresses.choose(
        list(numbers.values()), engine.held(), engine.look, first_block=first_block, block=block
    )
    say(f"making {', '.join(names)}")

    def one(name: str) -> None:
        engine.make(lab, name, chosen[numbers[name]])

    each(one, names)


def number(names: list[str], present: list[HostAddress]) -> dict[str, int]:
    """The last part of each new host's address: lab3 gets 3 if it is free, other names the first that is."""
    used = {host_addresses.place_of(endpoint) for endpoint in present}
    numbers: dict[str, int] = {}
    for name in names:
        digits = re.search(r"[1-9][0-9]?$", name)
        wish = int(digits.group()) if digits else 1
        free = (place for place in [wish, *range(1, 255)] if place not in used)
        numbers[name] = next(free)
        used.add(numbers[name])
    return numbers


def _wake(lab: Lab, engine: Engine, host: Found, say: Say) -> None:
    if host.state == STOPPED:
        say(f"starting {host.name}")
        engine.start(lab, host.name)
    elif host.state == PAUSED:
        say(f"waking {host.name}")
        engine.unpause(lab, host.name)


def _wait_all(lab: Lab, engine: Engine, hosts: dict[str, Found]) -> list[LabHost]:
    def key(name: str) -> str:
        return engine.host_key(lab, name)

    read = dict(zip(hosts, each(key, hosts), strict=True))
    ssh_keys.write_known_hosts(lab.folder, read, {name: host.endpoint for name, host in hosts.items()})

    def wait(name: str) -> LabHost:
        return wait_for(lab, engine, hosts[name])

    return each(wait, hosts)


def wait_for(lab: Lab, engine: Engine, found: Found) -> LabHost:
    """Wait until a host answers SSH with its own key and has booted.

    Raises:
        SlipwayError: it did not within a minute; the hint says what it said last.
    """
    host = engine.describe(lab, found)
    argv = ssh_keys.ssh_argv(found.endpoint, host.admin, lab.folder, CHECK)
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        answer = run(argv, timeout=ANSWER_SECONDS)
        if answer.ok:
            return host
        if time.monotonic() > deadline:
            hint = inotify_limit.remedy() if inotify_limit.shortage(1) else engine.log(lab, found.name)
            raise SlipwayError(f"{found.name} does not answer SSH: {answer.reason}", hint=hint)
        time.sleep(0.05)


def engine_file(lab: Lab) -> str:
    """The engine that the lab was begun with, even if it never got as far as having hosts; empty if unknown."""
    try:
        return (lab.folder / ENGINE).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def take_down(lab: Lab, engines: Iterable[Engine], keep_image: bool, say: Say) -> None:
    """Remove every host of the lab, whichever engine made it, and the lab's folder."""
    used = engine_file(lab)
    for engine in engines:
        names = list(engine.found(lab))
        if names:
            say(f"removing {', '.join(names)}")

        def remove(name: str, engine: Engine = engine) -> None:
            engine.remove(lab, [name])

        each(remove, names)
        with folder_locks.machine(say):
            engine.clear(lab, keep_image or not (names or engine.name == used))
    shutil.rmtree(lab.folder, ignore_errors=True)


def each(do: Callable[[A], B], items: Iterable[A]) -> list[B]:
    """Do something for all items at once; the results in their order, or the first error."""
    work = list(items)
    if not work:
        return []
    with ThreadPoolExecutor(max_workers=min(len(work), WORKERS)) as pool:
        return list(pool.map(do, work))
