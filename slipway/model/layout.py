"""Defines where every file and folder of an app lies on a host."""

from __future__ import annotations

from functools import cached_property
from pathlib import PurePosixPath

from msgspec import Struct

from slipway.model.maintenance_layout import MaintenancePaths
from slipway.model.release_layout import ReleaseLayout

TOOLS = PurePosixPath("/opt/slipway/tools")  # where provision puts them


class Layout(Struct, frozen=True, dict=True):
    """Every remote path of an app on a host; nothing else in Slipway spells one."""

    base: PurePosixPath  # the app's folder, such as `/srv/hello`
    tools: PurePosixPath = TOOLS  # the venv with uv and supervisor that provision makes

    @property
    def pythons(self) -> PurePosixPath:
        """Where uv puts the Pythons that the host itself lacks; all apps may use them."""
        return self.tools.parent / "python"

    @cached_property
    def repo(self) -> PurePosixPath:
        return self.base / "repo.git"

    @cached_property
    def releases(self) -> PurePosixPath:
        return self.base / "releases"

    @cached_property
    def current(self) -> PurePosixPath:
        return self.base / "current"

    @cached_property
    def standby(self) -> PurePosixPath:
        return self.base / "standby"

    @cached_property
    def venvs(self) -> PurePosixPath:
        return self.base / "venvs"

    @cached_property
    def static(self) -> PurePosixPath:
        """Collected static files; releases whose files are provably the same share one folder."""
        return self.base / "static"

    @cached_property
    def env(self) -> PurePosixPath:
        return self.base / "env"

    @cached_property
    def first_overrides(self) -> PurePosixPath:
        """Settings that are kept for the first release, before there is any."""
        return self.env / "first.kept"

    @cached_property
    def services(self) -> PurePosixPath:
        """How the host's app reaches its services, passwords among it; whoever deploys has it."""
        return self.env / "services.kept"

    def certificate(self, service: str) -> PurePosixPath:
        """By what the app knows the server of a service."""
        return self.env / f"service-{service}.crt"

    @cached_property
    def shared(self) -> PurePosixPath:
        return self.base / "shared"

    @cached_property
    def uploads(self) -> PurePosixPath:
        """Files that git does not have, as they were sent last; releases hardlink them."""
        return self.base / "uploads"

    @cached_property
    def builds(self) -> PurePosixPath:
        """What build commands have made; releases hardlink it, and share what comes from the same inputs."""
        return self.base / "builds"

    @cached_property
    def once(self) -> PurePosixPath:
        """A file for each command of `app.once` that has run, on this host or on another of its fleet."""
        return self.base / "once"

    @cached_property
    def programs(self) -> PurePosixPath:
        """One supervisor program a file; the app's supervisord includes them all."""
        return self.base / "supervisor.d"

    @cached_property
    def run(self) -> PurePosixPath:
        return self.base / "run"

    @cached_property
    def supervisor_socket(self) -> PurePosixPath:
        return self.run / "supervisor.sock"

    @cached_property
    def tasks(self) -> PurePosixPath:
        return self.base / "tasks"

    def lost(self, task: str) -> PurePosixPath:
        """Writes the history of a task whose client is lost; not in the folder of tasks, where the app may write."""
        return self.base / f"task-{task}.lost"

    @cached_property
    def migrated(self) -> PurePosixPath:
        """What the last migrations depended on, see `slipway.steps.skip_unchanged_commands`."""
        return self.base / "migrated"

    @cached_property
    def applied(self) -> PurePosixPath:
        """The migrations that the databases have, as the last run left them."""
        return self.base / "applied"

    @cached_property
    def log(self) -> PurePosixPath:
        return self.base / "log"

    @cached_property
    def cache(self) -> PurePosixPath:
        """uv's cache, on the file system of the venvs so that it can hardlink."""
        return self.base / "cache"

    @cached_property
    def conf(self) -> PurePosixPath:
        """What provision writes: supervisord's configuration; root owns it."""
        return self.base / "conf"

    @cached_property
    def maintenance(self) -> MaintenancePaths:
        """What `fab maintenance.on` puts there."""
        return MaintenancePaths(self.base / "maintenance")

    @cached_property
    def history(self) -> PurePosixPath:
        return self.base / "history.jsonl"

    @cached_property
    def fleet(self) -> PurePosixPath:
        """The hosts that were ever deployed to together with this one, see `slipway.steps.fleet_members`."""
        return self.base / "fleet"

    @cached_property
    def lock(self) -> PurePosixPath:
        return self.base / "lock"

    @cached_property
    def held(self) -> PurePosixPath:
        """A lock that a person has set, see `fab lock`: who, since when and why, for people."""
        return self.base / "held"

    @cached_property
    def undo(self) -> PurePosixPath:
        """The journal of a running operation: a script that reverts the host; see `slipway.steps.revert_journal`."""
        return self.base / "undo"

    @cached_property
    def stopped(self) -> PurePosixPath:
        """Holds a file for each process that people have stopped: who, since when. They stay so until started."""
        return self.base / "stopped"

    @cached_property
    def schedules(self) -> PurePosixPath:
        """Which host runs the schedules, and what became of their runs; the app's user writes here, too."""
        return self.base / "schedules"

    @cached_property
    def ending(self) -> PurePosixPath:
        """Names the releases that were told to stop and still finish their last requests; not there if none does."""
        return self.base / "ending"

    def release(self, id: str) -> ReleaseLayout:
        return ReleaseLayout(self, id)
