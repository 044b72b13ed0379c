"""Puts patchwork into the wheel, as `slipway.carried.patchwork`, with its license; runs when the wheel is built.

patchwork 1.0.1, its last release, works with fabric 3 but declares fabric<3, so that pip and uv refuse to install both.
The environment in which the wheel is built has it, by `build-system.requires`.
"""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INTO = "slipway/carried"
USED = ("__init__", "_version", "environment", "files", "transfers", "util")


class CarryPatchwork(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the modules that Slipway uses."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files, by where they are and where they go."""
        found = distribution("patchwork")
        add = build_data["force_include"]
        for name in USED:
            add[str(found.locate_file(f"patchwork/{name}.py"))] = f"{INTO}/patchwork/{name}.py"
        add[str(Path(self.root, "scripts", "carried_init.py"))] = f"{INTO}/__init__.py"
        for file in found.files or ():
            if file.name.upper().startswith("LICENSE"):
                add[str(found.locate_file(file))] = f"{INTO}/patchwork/LICENSE"
