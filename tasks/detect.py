"""The task that says what an app is and needs, before anything is deployed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from invoke import Context, task

from .common import selected_with_processes
from .status_and_history import AS_JSON

if TYPE_CHECKING:
    from slipway.inventory import Host


@task(
    help={
        "ref": "Branch, tag or commit to look at (default: what is checked out, with uncommitted work).",
        "dirty": "With --ref, look at uncommitted work too.",
        "json": AS_JSON,
    },
    auto_shortflags=False,
)
def detect(c: Context, ref: str = "", dirty: bool = False, json: bool = False) -> None:
    """Say what the app is and which variables it reads, from its source alone, and what the inventory lacks.

    Contacts nobody and runs nothing of the app. Without an inventory.toml it looks at the repository it is called in.

    Examples: fab detect    fab detect --hosts=prod --ref=v1.4    fab detect --json | jq '.variables[].name'
    """
    from slipway.model.hosts_to_targets import sources_of
    from slipway.operations.describe_app import describe_app
    from slipway.output.app_description import app_description
    from slipway.output.json_output import print_json
    from slipway.output.terminal import terminal

    hosts = hosts_to_look_at(c)
    (source,) = sources_of(hosts, ref or "HEAD", dirty or not ref).values()
    about = describe_app(hosts[0], source)
    if json:
        print_json(about)
        return
    to = terminal(sys.stdout)
    to.print(app_description(about, to.style, to.columns))


def hosts_to_look_at(c: Context) -> list[Host]:
    """The first of the selected hosts; without an inventory, one that stands for whatever host there will be."""
    from slipway.core.errors import UsageError
    from slipway.inventory.read_file import find

    try:
        find()
    except UsageError:
        if c.config["slipway"]["hosts"]:
            raise
        return [any_host(Path.cwd())]
    return selected_with_processes(c)[1][:1]


def any_host(folder: Path) -> Host:
    """A host that stands for whatever host there will be, with the app in a folder and no setting."""
    import re

    from slipway.inventory import App, Host

    name = re.sub(r"[^a-z0-9]+|^[^a-z]+", "-", folder.name.lower()).strip("-0123456789")[:31].rstrip("-")
    return Host(name="host", app=App(name=name or "app", source=folder))
