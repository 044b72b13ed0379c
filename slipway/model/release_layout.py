"""Defines where every file and folder of one release lies on a host."""

from __future__ import annotations

from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from slipway.model.layout import Layout

# The mode of the folder where the app makes its sockets. All who may write are the app and nginx: nobody else gets in.
# Sticky, so the app cannot replace what deploys made, such as the link `web.sock`. In a folder that is both, the kernel
# (fs.protected_symlinks) lets nginx follow no link that the app has made: nginx can connect to a socket of the app's
# own, and to nothing that a link in its place leads to.
RUN_MODE = "3773"


class ReleaseLayout(Struct, frozen=True, dict=True):
    """Every remote path of one release."""

    layout: Layout
    id: str

    @cached_property
    def path(self) -> PurePosixPath:
        return self.layout.releases / self.id

    @cached_property
    def app(self) -> PurePosixPath:
        return self.path / "app"

    @cached_property
    def conf(self) -> PurePosixPath:
        return self.path / "conf"

    @cached_property
    def launcher(self) -> PurePosixPath:
        """Runs a command in the release: its env, its venv on PATH, its code as working directory."""
        return self.conf / "run"

    @cached_property
    def gunicorn(self) -> PurePosixPath:
        return self.conf / "gunicorn.conf.py"

    @cached_property
    def nginx(self) -> PurePosixPath:
        return self.conf / "nginx.conf"

    @cached_property
    def static(self) -> PurePosixPath:
        """A link to the folder of static files that this release uses."""
        return self.path / "static"

    @cached_property
    def public(self) -> PurePosixPath:
        """What nginx serves by itself."""
        return self.path / "public"

    @cached_property
    def run(self) -> PurePosixPath:
        return self.path / "run"

    @cached_property
    def socket(self) -> PurePosixPath:
        """What nginx connects to: a link to the socket of the web process that is in force."""
        return self.run / "web.sock"

    def listen(self, generation: int = 1) -> PurePosixPath:
        """Where the web process listens; one that is booted beside it, by a restart, has a socket of its own."""
        return self.run / f"web.{generation}.sock"

    @cached_property
    def venv(self) -> PurePosixPath:
        """A link to the venv that this release uses."""
        return self.path / "venv"

    @cached_property
    def build(self) -> PurePosixPath:
        """A link to what build commands have made for this release."""
        return self.path / "build"

    @cached_property
    def facts(self) -> PurePosixPath:
        return self.path / "release.json"

    @cached_property
    def applied(self) -> PurePosixPath:
        """The migrations that were applied with this release."""
        return self.path / "migrations.json"

    @cached_property
    def env(self) -> PurePosixPath:
        return self.layout.env / f"{self.id}.env"

    @cached_property
    def overrides(self) -> PurePosixPath:
        """Settings that are not in the inventory, see `slipway.model.stored_overrides`."""
        return self.layout.env / f"{self.id}.kept"

    @cached_property
    def ref(self) -> str:
        """The git ref that keeps this release's objects in the host's repository."""
        return f"refs/slipway/{self.id}"

    def program(self, process: str) -> str:
        """Supervisor's name for one process of this release."""
        return f"{self.id}.{process}"

    def program_source(self, process: str) -> PurePosixPath:
        """The file for supervisord as the release keeps it, whether the process runs or not."""
        return self.conf / f"{process}.program"

    def program_file(self, process: str) -> PurePosixPath:
        return self.layout.programs / f"{self.program(process)}.conf"

    def log(self, process: str) -> PurePosixPath:
        return self.layout.log / f"{process}.{self.id}.log"
