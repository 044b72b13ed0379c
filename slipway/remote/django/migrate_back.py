"""Migrate back: unapply exactly the migrations that are named, or none.

Runs in the release that applied them: its venv, its environment (DJANGO_SETTINGS_MODULE), its code.

Options:
    migrations: {alias of a database: ["app.0002_more"]}.
    check: only say whether it can be done.

Refused, before anything is changed: a migration that cannot be reversed, one that this release does not know, and
one that others depend on which are not named.
"""

from __future__ import annotations

from slipway.remote.django.setup import explained, load_apps, load_settings
from slipway.remote.host.program_io import Failed, run, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Make a plan for every database first, then carry them out."""
    load_settings()
    load_apps()
    try:
        from django.db import connections
        from django.db.migrations.executor import MigrationExecutor

        work = []
        for alias, names in options["migrations"].items():
            executor = MigrationExecutor(connections[alias])
            work.append((alias, executor, backwards(executor, {key(name) for name in names})))
        for alias, executor, plan in [] if options["check"] else work:
            for migration, _ in plan:
                say(f"taking back {migration} in {alias}")
            executor.migrate([], plan=plan)
    except Failed:
        raise
    except Exception as error:
        raise explained(error) from None


def key(name: str) -> tuple[str, str]:
    app, _, migration = name.partition(".")
    return app, migration


def backwards(executor: Any, wanted: set[tuple[str, str]]) -> list[tuple[Any, bool]]:
    """Return the plan that unapplies the given migrations, newest first.

    Raises:
        Failed: it cannot be done, or more would have to go.
    """
    loader = executor.loader
    unknown = sorted(".".join(each) for each in wanted if each not in loader.disk_migrations)
    if unknown:
        raise Failed(f"The release does not know {', '.join(unknown)}. Go back with --keep-schema, or migrate by hand.")
    nodes: list[tuple[str, str]] = []
    for each in sorted(wanted):
        nodes += [node for node in loader.graph.backwards_plan(each) if node in loader.applied_migrations]
    more = sorted(".".join(node) for node in set(nodes) - wanted)
    if more:
        raise Failed(f"{', '.join(more)} would have to go too. Go back with --keep-schema, or migrate by hand.")
    order = {node: place for place, node in enumerate(forwards(loader))}
    plan = [
        (loader.get_migration(*node), True)
        for node in sorted(wanted & set(loader.applied_migrations), key=lambda node: order.get(node, -1), reverse=True)
    ]
    stuck = [str(migration) for migration, _ in plan if not all(part.reversible for part in migration.operations)]
    if stuck:
        raise Failed(f"{', '.join(stuck)} cannot be reversed. Go back with --keep-schema, or write a new migration.")
    return plan


def forwards(loader: Any) -> list[tuple[str, str]]:
    """Return all migrations in an order in which they could run."""
    nodes = [node for leaf in sorted(loader.graph.leaf_nodes()) for node in loader.graph.forwards_plan(leaf)]
    return list(dict.fromkeys(nodes))


if __name__ == "__main__":
    run(main)
