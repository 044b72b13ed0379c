"""List which migrations are applied and which are not, and change nothing.

Runs in the release: its venv, its environment (DJANGO_SETTINGS_MODULE), its code as working directory.

Options:
    tree: the source of the release.
    record: file to write to which files and folders of the source were read, one a line, relative to it; only
        written if a later run is proven to do the same as long as they are the same. Optional.

Facts: `inputs` {provable, why (not), env (names looked at)}; `migrations`, of
    databases: {alias: {applied: ["app.0001_initial"], unapplied: [in the order in which they would run],
        unknown: [applied, but not in this release]}};
    irreversible: [migrations of this release that cannot be taken back].
"""

from __future__ import annotations

import os

from slipway.remote.django.run_inputs import Inputs
from slipway.remote.django.setup import explained, load_apps, load_settings
from slipway.remote.host.program_io import Failed, fact, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Load the migrations before any database is asked: only what they are made of counts as input."""
    inputs = Inputs(options["tree"])
    load_settings()
    load_apps()
    try:
        from django.db import connections
        from django.db.migrations.loader import MigrationLoader

        loader = MigrationLoader(None)
        inputs.close()
        databases = {alias: state(connections[alias]) for alias in connections}
    except Failed:
        raise
    except Exception as error:
        raise explained(error) from None
    irreversible = sorted(
        f"{app}.{name}"
        for (app, name), migration in loader.disk_migrations.items()
        if not all(operation.reversible for operation in migration.operations)
    )
    fact("inputs", inputs.report(options.get("record")))
    fact("migrations", {"databases": databases, "irreversible": irreversible})


def state(connection: Any) -> dict[str, list[str]]:
    """Compare one database with the migrations of this release."""
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.loader import MigrationLoader

    if connection.vendor == "sqlite" and not is_there(connection):  # to connect would make the file
        loader = MigrationLoader(None)
        nodes = [node for leaf in sorted(loader.graph.leaf_nodes()) for node in loader.graph.forwards_plan(leaf)]
        return {"applied": [], "unapplied": list(dict.fromkeys(map(dotted, nodes))), "unknown": []}
    executor = MigrationExecutor(connection)
    applied, disk = set(executor.loader.applied_migrations), set(executor.loader.disk_migrations)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {
        "applied": sorted(map(dotted, applied & disk)),
        "unapplied": [dotted((migration.app_label, migration.name)) for migration, _ in plan],
        "unknown": sorted(map(dotted, applied - disk)),
    }


def dotted(key: tuple[str, str]) -> str:
    return ".".join(key)


def is_there(connection: Any) -> bool:
    """Say whether the file of an SQLite database exists."""
    name = str(connection.settings_dict["NAME"])
    return os.path.exists(name[5:].partition("?")[0] if name.startswith("file:") else name)


if __name__ == "__main__":
    run(main)
