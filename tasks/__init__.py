"""The tasks that users type; each module adds some of them."""

from __future__ import annotations

from invoke import Collection

from . import dev

# Loaded at each start of fab: what a task needs beyond fabric itself is imported inside it.
MODULES = (dev,)


def collect() -> Collection:
    """Make the collection that fab shows: the tasks of each module, without a prefix."""
    root = Collection()
    for module in MODULES:
        for task in Collection.from_module(module).tasks.values():
            root.add_task(task)
    return root


namespace = collect()
