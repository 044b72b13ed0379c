"""Defines App: what is deployed, its processes and its server settings, as they hold on one host.

The defaults live here and nowhere else. `slipway.inventory` fills these in from the user's file.
docs/inventory.md describes every key; tests/inventory/test_docs.py holds the three together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from . import value_types as v
from .hardening import Hardening
from .hook import Hook
from .limits import Limits
from .notify import Notify
from .table import Table
from .tls import Tls
from .warning_names import AllowedRisk, NoteName
from .web_servers import name_in

WEB = "web"
SCHEDULES = "schedules"  # the process that runs them


class Process(Table, frozen=True):
    """Something long-running that belongs to the app: the web server or a worker.

    In the inventory a process is a command line, or a table of these keys.
    """

    command: v.Command | None = None  # None: Slipway's own web server; only `web` may leave it out
    count: v.Count = 1  # how many of it run on each host; 0 switches it off
    stop_timeout: v.Seconds | None = None  # seconds from TERM to KILL; None: gunicorn.graceful_timeout + 5
    nofile: v.Nofile | None = None  # files that it may have open; None: app.limits.nofile
    watch: v.Seconds = 5  # seconds that it has to stay up before it counts as started; a deploy waits for it (not web)


class Schedule(Table, frozen=True):
    """A command that runs at set times, on one host of the fleet.

    In the inventory a schedule is a line as in a crontab, or a table of these keys.
    """

    cron: v.Command  # the five fields of crontab(5), or @hourly and the like; in UTC
    command: v.Command  # what to run, in the current release
    enabled: bool = True  # false switches it off


class File(Table, frozen=True):
    """A file that the app gets from its operator; in the inventory the path of one beside it, or a table."""

    source: v.RelativePath | None = None  # a file beside the inventory, taken as it is
    template: v.RelativePath | None = None  # a Jinja template beside it, filled in with the environment


class Build(Table, frozen=True):
    """Commands that make files of the committed ones, before a release boots."""

    commands: tuple[v.Command, ...] = ()  # run on each host, as the account that builds, once the venv is there
    env: tuple[v.EnvName, ...] = ()  # names of the app's environment that they may know
    inputs: tuple[v.RelativePath, ...] = ()  # what they read of the source, and nothing else is there; none: all of it
    outputs: tuple[v.RelativePath, ...] = ()  # what becomes part of the release; none: all that they made or changed
    local: tuple[v.Command, ...] = ()  # run on this machine first, in a clean copy of the commit, for `uploads`
    index: v.IndexUrl | None = None  # the package index in the place of the host's own; ${NAME} from your environment
    extra_indexes: tuple[v.IndexUrl, ...] = ()  # further indexes, which are asked first
    on_one_host: bool = False  # dependencies are got and built on one host of each kind, and sent to the others
    wheels: v.RelativePath | None = None  # folder of wheels in `uploads` to install from; None: from an index


class Gunicorn(Table, frozen=True):
    """How the web server runs; an app's own gunicorn.conf.py is never read."""

    workers: v.Workers = 2  # worker processes on each host
    threads: v.Workers | None = None  # threads in each worker; None: one, gunicorn's sync worker
    timeout: v.Seconds = 30  # seconds after which a silent worker is killed
    graceful_timeout: v.Seconds = 30  # seconds that requests in flight may still take at a stop


class Nginx(Table, frozen=True):
    """How nginx treats the app's site."""

    max_body: v.Size = "20m"  # largest request body; larger ones are answered with 413
    read_timeout: v.Seconds = 60  # seconds nginx waits for the app's answer before it says 504


class Logs(Table, frozen=True):
    """How long the logs of releases stay that no longer run; what runs keeps its own, whatever this says."""

    keep_days: v.Days = 30  # days after its last line for which such a log stays
    keep_size: v.Size = "500m"  # how much such logs may take on a host, all together; the oldest go first


class BackupStore(Table, frozen=True):
    """A further place that gets each proved backup: a repository of restic."""

    url: v.Repository  # as restic has it: s3:https://HOST/BUCKET/PATH, sftp:USER@HOST:/PATH, /PATH on the host ...
    env: tuple[v.EnvName, ...] = ("RESTIC_PASSWORD",)  # variables of this machine that restic needs there


class Backup(Table, frozen=True):
    """What is backed up of the app on a host, when, and how long backups stay."""

    schedule: v.BackupTimes = "never"  # "daily 03:00", "sun 03:00" (a day of the week), "hourly", "never"; in UTC
    before_migrate: bool = False  # back up before each deploy that runs migrations
    database: v.EnvName = "DATABASE_URL"  # the variable with the database's URL; without it Django's settings say
    files: tuple[v.RelativePath, ...] | None = None  # paths below shared/ besides the databases; None: all of it
    exclude: tuple[v.RelativePath, ...] = ()  # paths below shared/ that are left out, such as caches
    keep_last: v.Count = 3  # how many of the last backups stay, whatever their age
    keep_daily: v.Count = 7  # of how many days the last backup stays
    keep_weekly: v.Count = 4  # of how many weeks
    keep_monthly: v.Count = 6  # of how many months
    to: dict[v.Name, BackupStore] = {}

    @property
    def wanted(self) -> bool:
        """Whether the inventory says anything of backups: then provision installs what they need."""
        return self != Backup()

    @property
    def longest_gap(self) -> int | None:
        """Seconds after which the last proved backup is too old; None where none are made by schedule."""
        kind = self.schedule.partition(" ")[0]
        return {"never": None, "hourly": 3 * 3600, "daily": 26 * 3600}.get(kind, 7 * 86400 + 2 * 3600)


class App(Table, frozen=True):
    """The app as it is to run on one host, every setting decided.

    Lists are tuples. `source` is an absolute path once the inventory has been loaded; `user` is never empty.
    """

    name: v.Name  # names the folder, the unit, the nginx site and, by default, the user
    source: Path = Path()  # the git repository, or a folder in one; relative to the inventory's folder
    root: v.AbsolutePath = "/srv"  # the app lives in ROOT/NAME on the host
    user: v.Name = ""  # the account that runs the app (no login); default: the app's name
    domains: tuple[v.Domain, ...] = ()  # names the site answers to; none: the host's address
    port: v.Port = 80  # what nginx listens on
    web: bool = True  # false: no web side: no nginx site, port or health URL; only processes and schedules run
    https: bool = False  # TLS ends in front of nginx: the app is told X-Forwarded-Proto https
    tls: Tls = Tls()  # TLS ends in nginx on the host: who signs its certificate

    kind: Literal["django", "wsgi", "asgi"] | None = None  # None: detected from the committed files
    chdir: v.RelativePath | None = None  # folder of the source to run in; None: manage.py's, else the top
    wsgi: v.Callable | None = None  # the WSGI callable; None: detected
    asgi: v.Callable | None = None  # the ASGI callable; None: detected
    settings: v.Module | None = None  # DJANGO_SETTINGS_MODULE; None: detected
    python: v.PythonVersion | None = None  # the Python of the venv; None: the host's python3
    requirements: tuple[v.RelativePath, ...] = ()  # dependency files; none: detected
    extras: tuple[v.Extra, ...] = ()  # optional dependencies of the project that are wanted
    groups: tuple[v.Extra, ...] = ()  # dependency groups that are wanted besides the main one
    constraints: tuple[v.RelativePath, ...] = ()  # files in pip's format that limit versions
    add_requirements: tuple[v.Requirement, ...] = ()  # further packages, whatever the app's own files say
    install_project: bool | None = None  # install the project itself; None: if it is a package
    server: v.Requirement = "gunicorn"  # the web server, installed beside the requirements; a version wins over theirs
    packages: tuple[v.AptPackage, ...] = ()  # extra Debian packages that provision installs

    hardening_except: tuple[Hardening, ...] = ()  # directives of systemd that the app's unit does without

    health: v.UrlPath | None = None  # must answer 2xx; None: "/" may answer anything but 400 and 5xx
    health_command: v.Command | None = None  # must exit with 0 when the processes have started; None: not asked
    health_timeout: v.Seconds = 30  # seconds a new release has to become healthy
    migrate: bool | v.Command = True  # Django's migrate, a command of your own, or false
    migrations: Literal["warn", "refuse"] = "warn"  # what happens to new ones that break the code that still runs
    static: bool = True  # Django's collectstatic
    static_commands: tuple[v.Command, ...] = ()  # commands of manage.py that run after it and write to STATIC_ROOT

    linked_dirs: tuple[v.RelativePath, ...] = ()  # folders that outlive releases: links to shared/
    linked_files: tuple[v.RelativePath, ...] = ()  # files that outlive releases: links to shared/
    uploads: tuple[v.RelativePath, ...] = ()  # built files that git ignores, sent with the commit
    keep: v.Keep = 5  # releases that stay on a host, current and previous among them
    standby: bool = True  # the previous release stays booted, so that rollback takes milliseconds

    strategy: Literal["atomic", "rolling", "canary"] = "atomic"  # switch all hosts together, in batches, or a few first
    batch: v.Batch = "25%"  # hosts in a batch (rolling), or that go first (canary): a number, or a share of the hosts
    watch: v.Seconds = 30  # seconds that a canary's health and answers are watched before the others follow

    silence: tuple[NoteName, ...] = ()  # names of notes that are not to be shown
    allow: tuple[AllowedRisk, ...] = ()  # names of risks that are not to stop a deploy

    build: Build = Build()
    gunicorn: Gunicorn = Gunicorn()
    nginx: Nginx = Nginx()
    logs: Logs = Logs()
    limits: Limits = Limits()
    backup: Backup = Backup()
    hooks: tuple[Hook, ...] = ()
    notify: tuple[Notify, ...] = ()
    files: dict[str, File] = {}
    once: dict[str, v.Command] = {}
    processes: dict[str, Process] = {}
    schedules: dict[str, Schedule] = {}
    scheduler: v.Name | None = None  # host, group or role that runs the schedules; None: the first host of the fleet

    def __post_init__(self) -> None:
        if not self.user:
            msgspec.structs.force_setattr(self, "user", self.name)

    @property
    def build_user(self) -> str:
        """The account that builds dependencies; an account's name has 32 characters at most."""
        return f"{self.user[:26]}-build"

    @property
    def domain(self) -> str | None:
        """The domain that is shown and used for health checks: the first that is no wildcard; None if there is none."""
        return next((domain for domain in self.domains if not domain.startswith("*")), None)

    @property
    def ends_tls(self) -> bool:
        """Whether TLS ends in nginx on the host."""
        return self.web and self.tls.issuer != "none"

    @property
    def by_https(self) -> bool:
        """Whether visitors come by HTTPS, wherever TLS ends."""
        return self.https or self.ends_tls

    @property
    def server_name(self) -> str:
        """The web server that Slipway starts, such as `gunicorn`; "" for one that it does not know."""
        return name_in(self.server)

    @property
    def web_process(self) -> Process:
        """The web process; `command` None means that Slipway's own gunicorn runs it."""
        return self.processes.get(WEB, Process())

    @property
    def enabled_schedules(self) -> dict[str, Schedule]:
        """The schedules that are switched on, by name."""
        return {name: schedule for name, schedule in self.schedules.items() if schedule.enabled}

    @property
    def workers(self) -> dict[str, Process]:
        """All processes but the web server, by name, in the order of the inventory."""
        return {name: process for name, process in self.processes.items() if name != WEB}

    def stop_timeout(self, process: Process) -> int:
        """Seconds that supervisord gives `process` between TERM and KILL.

        Longer than gunicorn's graceful_timeout by default: killed earlier, requests in flight are lost.
        """
        return process.stop_timeout or self.gunicorn.graceful_timeout + 5
