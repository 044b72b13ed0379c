"""Defines where the files of maintenance lie on a host; see `slipway.steps.maintenance`."""

from __future__ import annotations

from pathlib import PurePosixPath

from msgspec import Struct


class MaintenancePaths(Struct, frozen=True):
    """Every remote path of maintenance, all of them in one folder, which deploys leave alone."""

    folder: PurePosixPath

    @property
    def on(self) -> PurePosixPath:
        """The switch: a link to the folder with the page; nginx looks for it at each request."""
        return self.folder / "on"

    @property
    def page(self) -> PurePosixPath:
        """A link to the same folder, which stays when the switch is gone: some request may just be reading the page."""
        return self.folder / "page"

    @property
    def words(self) -> PurePosixPath:
        """Names the word by which Slipway's own questions pass."""
        return self.on / "pass"

    @property
    def lock(self) -> PurePosixPath:
        return self.folder / "lock"

    @property
    def undo(self) -> PurePosixPath:
        """The journal of a maintenance that is being switched on or off."""
        return self.folder / "undo"
