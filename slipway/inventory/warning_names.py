"""Names what Slipway warns of (notes), and what stops a deploy unless the inventory allows it by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

NoteName = Literal[
    "account-stays",
    "allowed-hosts",
    "backup-made",
    "backup-not-proved",
    "backup-not-sent",
    "backup-skipped-files",
    "backups-not-deleted",
    "branch-dependency",
    "certificate-not-ordered",
    "data-in-release",
    "data-in-source",
    "database",
    "database-connections",
    "database-in-media",
    "debug",
    "encrypted-file",
    "env-file-read",
    "file-not-used",
    "folder-not-closed",
    "host-added-settings",
    "https-begins",
    "inventory-changed",
    "limits-not-enforced",
    "links-followed",
    "listens-everywhere",
    "logs-not-deleted",
    "maintenance-is-off",
    "maintenance-is-on",
    "media-owner",
    "migration-breaks",
    "migration-locks",
    "nginx-default-server",
    "nginx-missing",
    "nginx-not-reloaded",
    "nginx-site-differs",
    "nginx-site-old",
    "no-cron",
    "no-ssh-key",
    "operation-cut-off",
    "os-untested",
    "package-missing",
    "process-stopped",
    "procfile-not-used",
    "procfile-option",
    "production-settings",
    "proxy-ssl-header",
    "release-not-deleted",
    "schedules-host",
    "secret-key",
    "service-kept",
    "service-not-encrypted",
    "service-removed",
    "service-restart",
    "settings-choice",
    "settings-missing",
    "shared-unused",
    "sqlite-committed",
    "ssl-redirect",
    "static-root-committed",
    "static-root-outside",
    "supervisord-older",
    "workers-in-template",
]

# What each note is about; docs/inventory.md has the same list.
NOTES: Mapping[NoteName, str] = MappingProxyType(
    {
        "account-stays": "`fab destroy` leaves an account that runs another app, too",
        "allowed-hosts": "ALLOWED_HOSTS lacks one of `domains`",
        "backup-made": "where the last backup of `shared/` lies",
        "backup-not-proved": "a backup that could not be restored into a scratch database, and why",
        "backup-not-sent": "a backup that is not at one of its destinations, and why",
        "backup-skipped-files": "files of `shared/` that are not in a backup, since they could not be read",
        "backups-not-deleted": "old backups that cannot be deleted",
        "branch-dependency": "a dependency on a branch of git, which a deploy does not renew",
        "certificate-not-ordered": "a domain has no certificate yet, and why",
        "data-in-release": "a database or MEDIA_ROOT goes with its release",
        "data-in-source": "a database or MEDIA_ROOT in the source was linked to `shared/`",
        "database": "which database the release uses, where that is a file, this host's own, or none",
        "database-connections": "the app may want more connections than its database has",
        "database-in-media": "MEDIA_ROOT holds a database: nginx serves no uploads",
        "debug": "DEBUG is on, and `allow` has `debug`",
        "encrypted-file": "a committed file that git-crypt has encrypted: hosts get it as git stores it",
        "env-file-read": "the app itself reads a committed `.env`",
        "file-not-used": "a committed file that nothing reads, such as `gunicorn.conf.py`",
        "folder-not-closed": "a file system without ACLs: other accounts can connect to the app's sockets",
        "host-added-settings": "a host takes over the settings that another one keeps",
        "https-begins": "visitors are sent to HTTPS, and the current release was made for HTTP",
        "inventory-changed": "`env.set` and the like bring what the inventory has changed since the last deploy",
        "limits-not-enforced": "a host does not enforce `memory` or `cpu` of `[app.limits]`",
        "links-followed": "the kernel does not protect links: an app can lead nginx to another app's socket",
        "listens-everywhere": "web listens on `$PORT` of all addresses: visitors can pass nginx",
        "logs-not-deleted": "old logs that cannot be deleted",
        "maintenance-is-off": "maintenance was not on",
        "maintenance-is-on": "maintenance is on during a deploy",
        "media-owner": "nginx does not serve uploads from a folder that is not the app's own",
        "migration-breaks": "a migration that comes removes or renames what the code uses that still runs",
        "migration-locks": "a migration that comes locks a table while it runs",
        "nginx-default-server": "another site answers for unknown names",
        "nginx-missing": "a rootless host has no nginx",
        "nginx-not-reloaded": "`fab destroy` could not have nginx read what is left",
        "nginx-site-differs": "nginx's site is not what `fab provision` would write",
        "nginx-site-old": "nginx serves names or ports of the release before, or no more",
        "no-cron": "a rootless host has no crontab: nothing starts the app after a reboot, or where it died",
        "no-ssh-key": "no key may log in for deploys",
        "operation-cut-off": "what an earlier operation had begun was undone",
        "os-untested": "a system that Slipway is not tested on",
        "package-missing": "a rootless host lacks one of `packages`",
        "process-stopped": "a process stays stopped, as `fab stop` has it",
        "procfile-not-used": "a Procfile that is for developers",
        "procfile-option": "the Procfile's web command sets what only the inventory can",
        "production-settings": "DEBUG, SECRET_KEY or ALLOWED_HOSTS of the source are given other values on hosts",
        "proxy-ssl-header": "a server of the app's own, and SECURE_PROXY_SSL_HEADER is not set",
        "release-not-deleted": "a release that was deleted, but for files of the app that nobody may open",
        "schedules-host": "another host runs the schedules from now on",
        "secret-key": "the SECRET_KEY is not secret, and `allow` allows it",
        "service-kept": "`fab destroy` leaves the app's databases where they are",
        "service-not-encrypted": "a service on another host is reached without TLS",
        "service-removed": "a service that the inventory has no more: its data stay",
        "service-restart": "a service waits for a restart to take up its settings",
        "settings-choice": "which settings module is used, where there are several",
        "settings-missing": "the settings module is not among the committed files",
        "shared-unused": "something in `shared/` that this release does not link any more",
        "sqlite-committed": "a SQLite file is committed: each release begins with that copy",
        "ssl-redirect": "SECURE_SSL_REDIRECT is on, and `https` is false",
        "static-root-committed": "STATIC_ROOT is committed: what is collected takes its place",
        "static-root-outside": "STATIC_ROOT lies outside of the release: releases overwrite each other's files",
        "supervisord-older": "supervisord runs with older settings than `fab provision` has written",
        "workers-in-template": "`fab scale` cannot scale web: a template says how many workers it has",
    }
)

AllowedRisk = Literal[
    "committed-env", "committed-secret-key", "debug", "https-redirect", "missing-env", "unstable-secret-key"
]

# What stops a deploy unless `allow` has its name; docs/inventory.md has the same list.
RISKS: Mapping[AllowedRisk, str] = MappingProxyType(
    {
        "committed-env": "the app reads a secret from a committed `.env`, which the environment does not overrule",
        "committed-secret-key": "the SECRET_KEY stands in the committed source, or is a well-known default",
        "debug": "DEBUG is on: visitors see settings and source code",
        "https-redirect": "the app redirects to https although `https` is false",
        "missing-env": "the source reads variables at start that nobody has set",
        "unstable-secret-key": "each process makes a SECRET_KEY of its own: sessions and forms fail at random",
    }
)

_NAME = re.compile(r" \[([a-z0-9-]+)\]$")


def named(name: NoteName, text: str) -> str:
    """A note with the name by which it can be silenced."""
    return f"{text} [{name}]"


def name_of(note: str) -> str:
    """The name of a note; "" for what cannot be silenced, such as a failure."""
    found = _NAME.search(note)
    return found[1] if found and found[1] in NOTES else ""
