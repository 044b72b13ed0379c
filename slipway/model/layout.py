"""Defines where every file and folder of an app lies on a host."""

from __future__ import annotations

from functools import cached_property
from pathlib import PurePosixPath

from msgspec import Struct

from slipway.model.maintenance_layout import MaintenancePaths

TOOLS = PurePosixPath("/opt/slipway/tools")  # where provision puts them


class Layout(Struct, frozen=True, dict=True):
    """Every remote path of an app on a host; nothing else in Slipway spells one."""

    base: PurePosixPath  # the app's folder, such as `/srv/hello`
    tools: PurePosixPath = TOOLS  # the venv with uv and supervisor that provision makes

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
        """What the last migrations depended on, see `slipway.steps.unchanged`."""
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
        """Settings that are not in the inventory, see `slipway.env.stored_overrides`."""
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
