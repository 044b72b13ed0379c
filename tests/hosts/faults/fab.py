"""The real fab, with a fault planned into one step: a script of the test's own runs right before the step's.

Nothing of Slipway knows of faults. The plan of the fault is JSON in SLIPWAY_TEST_FAULT, see `Fault.plan`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from msgspec.structs import replace

ROOT = Path(__file__).resolve().parents[3]
VARIABLE = "SLIPWAY_TEST_FAULT"


def main() -> None:
    """Put the fault in its place, and be fab."""
    sys.path.insert(0, str(ROOT))
    plan = json.loads(os.environ[VARIABLE])
    from fabric.main import program

    from slipway.fleet import agent_options, agent_session, run_plan
    from slipway.model import hosts_to_targets

    strike = partial(act, plan["then"])
    clock = threading.Timer(plan["unheard"], strike) if plan["unheard"] else None
    change(run_plan, "compose", partial(insert, step=plan["step"], script=plan["script"], clock=clock))
    if not clock:
        change(agent_session, "collect", partial(listen, hosts=plan["hosts"], act=strike))
    if plan["silence"]:
        change(agent_options, "AgentOptions", partial(partial, silence=plan["silence"]))
    if plan["clock"]:
        change(hosts_to_targets, "datetime", partial(shift, seconds=plan["clock"]))
    program.run()


def change(module: ModuleType, name: str, wrap: Callable[[Any], Any]) -> None:
    """Put something of our own in the place of what a module calls by this name."""
    setattr(module, name, wrap(getattr(module, name)))


def shift(clock: type[datetime], seconds: int) -> type[datetime]:
    """A clock that is this far ahead."""

    class Shifted(clock):  # type: ignore[misc,valid-type]
        @classmethod
        def now(cls, zone: Any = None) -> datetime:
            return clock.now(zone) + timedelta(seconds=seconds)

    return Shifted


def insert(compose: Callable[..., Any], step: str, script: str, clock: threading.Timer | None) -> Callable[..., Any]:
    """Compose scripts as always, with bash of our own at the beginning of one step, and start a clock then."""
    lock = threading.Lock()
    from slipway.core.shell import Script, join

    def composed(steps: Iterable[Any]) -> Any:
        with lock:
            if clock and not clock.ident and any(one.name == step for one in steps):
                clock.start()
        return compose(
            tuple(replace(one, script=join([Script(script), one.script])) if one.name == step else one for one in steps)
        )

    return composed


def listen(collect: Callable[..., Any], hosts: int, act: Callable[[], None]) -> Callable[..., Any]:
    """Take in what scripts say as always, and act once this many hosts have said that the fault struck them."""
    struck: list[str] = []

    def heard(lines: Iterable[Any]) -> Iterator[Any]:
        for line in lines:
            if line.kind == "fact" and line.text.startswith("struck "):
                struck.append(line.text)
                if len(struck) == hosts:
                    act()
            yield line

    def collected(lines: Iterable[Any], *words: Any) -> Any:
        return collect(heard(lines), *words)

    return collected


def act(then: str) -> None:
    """Die at once, or leave a mark for the test that waits for it."""
    if then == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif then:
        Path(then).touch()


if __name__ == "__main__":
    main()
