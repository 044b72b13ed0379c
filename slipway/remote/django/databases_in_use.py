"""Say which databases a loaded Django project uses, where somebody may think that it uses another one."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

HERE = ("", "localhost", "127.0.0.1", "::1")
NO_DATABASE = "the settings name no database: the app runs without one"


def in_use(settings: Any, databases: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each database that is a file, is on this host, or is none; a server elsewhere was chosen.

    Args:
        databases: as `loaded_project_facts` describes them.
    """
    if not databases:
        yield NO_DATABASE
    for database in databases:
        alias, engine = database["alias"], database["engine"]
        which = "the database" if alias == "default" else f"the database {alias!r}"
        kind = engine.rpartition(".")[2]
        if kind == "dummy" or not engine:
            yield NO_DATABASE if alias == "default" else f"{which} has no engine"
        elif "sqlite" in kind or "spatialite" in kind:
            if not database["path"]:
                yield f"{which} is SQLite in memory: nothing that is written stays"
            elif not database["lost"]:
                yield f"{which} is SQLite, on this host alone: {os.path.realpath(database['path'])}"
        else:
            host = str(settings.DATABASES[alias].get("HOST") or "")
            if host in HERE or host.startswith("/"):
                yield f"{which} is {kind} on this host itself (HOST is {host or 'empty'})"
