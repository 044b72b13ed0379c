"""Reads and writes the lab's state: its hosts, in `hosts.json` of the lab's folder.

The inventory reads this file to fill the group `lab`. It only ever describes hosts that answered:
`up` writes it after the last check, and what really exists is asked from the engine itself.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

FILE_NAME = "hosts.json"
VERSION = 1


@dataclass(frozen=True)
class LabHost:
    """One host of the lab, with all that is needed to log in to it and to ask its web server.

    Attributes:
        name: how it is called in the inventory (`lab1`).
        address: where it listens on this machine (`127.0.1.1`).
        port: its SSH port on that address.
        http_port: the port on that address which reaches its web server.
        admin: the login that may do everything there (`root`; without root, the user itself).
        identity: the private key that opens it.
        known_hosts: a file with its public host key, read from the host itself.
        engine: `podman`, `docker` or `local`.
        container: its container's name; empty with the engine `local`.
        rootless: no root there: everything lies under `root` and belongs to `user`.
        root: the folder that takes the apps; empty means the usual one.
        user: the only account of a rootless host; empty otherwise.
    """

    name: str
    address: str
    port: int
    http_port: int
    admin: str
    identity: str
    known_hosts: str
    engine: str
    container: str = ""
    rootless: bool = False
    root: str = ""
    user: str = ""

    @property
    def url(self) -> str:
        """The address of its web server, as one types it into a browser."""
        return f"http://{self.address}" + ("" if self.http_port == 80 else f":{self.http_port}") + "/"


def load_state(folder: Path) -> dict[str, LabHost]:
    """The lab's hosts by name, in their order; empty if there is no lab.

    Args:
        folder: the lab's own folder (`.lab` beside inventory.toml).

    A file that another version wrote, or that is damaged, counts as no lab: `up` writes it anew.
    """
    try:
        document = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        if document["version"] != VERSION:
            return {}
        known = {field.name for field in fields(LabHost)}
        rows: list[dict[str, Any]] = document["hosts"]
        hosts = [LabHost(**{key: row[key] for key in row if key in known}) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {host.name: host for host in hosts}


def save_state(folder: Path, hosts: list[LabHost]) -> None:
    """Write the lab's hosts, whole or not at all (a reader never sees half a file)."""
    document = {"version": VERSION, "hosts": [asdict(host) for host in hosts]}
    path = folder / FILE_NAME
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    os.replace(fresh, path)
