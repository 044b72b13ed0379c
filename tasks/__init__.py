"""The tasks that users type; each module adds some of them."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from types import ModuleType

# fab switches the writing of bytecode off, and compiling Slipway anew would be most of a task's start-up.
sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))

# What has been loaded is never garbage: to look for some in it, again and again and at the end once more, would be a
# tenth of a short task's time.
gc.freeze()
gc.set_threshold(100_000)
atexit.register(gc.freeze)

from invoke import Collection  # noqa: E402

from slipway.cli.program import adopt  # noqa: E402
from slipway.core.broken_pipe import guard  # noqa: E402

from . import (  # noqa: E402
    db,
    demo,
    destroy,
    detect,
    doctor,
    env,
    init,
    lab,
    lock,
    logs,
    maintenance,
    oneoff_tasks,
    plan,
    processes,
    provision_and_deploy,
    rollback,
    run,
    scale,
    shells,
    status_and_history,
    test,
)

# Loaded at each start of fab: what a task needs beyond invoke itself is imported inside it.
FLAT: tuple[ModuleType, ...] = (
    demo,
    init,
    detect,
    plan,
    provision_and_deploy,
    destroy,
    rollback,
    status_and_history,
    doctor,
    processes,
    scale,
    logs,
    lock,
    run,
    shells,
    test,
)
# Modules whose tasks carry the module's name, as `lab.up`.
NESTED: tuple[ModuleType, ...] = (lab, maintenance, oneoff_tasks, env, db)


def collect() -> Collection:
    """Make the collection that fab shows."""
    root = Collection()
    for module in FLAT:
        for task in Collection.from_module(module).tasks.values():
            root.add_task(task)
    for module in NESTED:
        root.add_collection(Collection.from_module(module))
    return root


guard()
adopt()
namespace = collect()
