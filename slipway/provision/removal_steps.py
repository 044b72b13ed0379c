"""Puts the steps of a removal in order, with a last backup first; the steps are in `undo_provision`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath

from slipway.core.shell import sh
from slipway.model.step import Step
from slipway.provision import undo_provision
from slipway.provision.target import Site
from slipway.render.nginx_site import host_history

BACKUPS = PurePosixPath("/var/backups/slipway")


def removal_steps(site: Site, told: Mapping[str, object], keep_data: bool) -> tuple[Step, ...]:
    """All steps on one host in their order, to be run as provision is: as root, or on a rootless host as its account.

    Each looks first, so that a removal that was cut off can be run again.

    Args:
        told: what the history of the host says of it.
        keep_data: make a backup of `shared/` before anything is deleted.
    """
    steps = [_look(site, keep_data), undo_provision.nginx(site), undo_provision.stop(site)]
    if keep_data:
        steps.append(_backup(site))
    if any(service.url is None for service in site.host.services):
        from slipway.provision.services.keep_data import keep_data as keep_data_of_services

        steps.append(keep_data_of_services(site))
    steps.append(undo_provision.files(site))
    if not site.host.rootless:
        steps.append(undo_provision.accounts(site))
    return (*steps, _remember(site, told))


def backups(site: Site) -> PurePosixPath:
    """The folder of the last backups."""
    return site.home / "backups" if site.host.rootless else BACKUPS


def _look(site: Site, keep_data: bool) -> Step:
    """Refuse before anything is changed: without root, with other file systems inside, without room for the backup."""
    script = sh(
        """
[[ {{rootless}} == yes ]] || ((EUID == 0)) || fail "this needs root: set admin to root or to a login that may use sudo"
base={{base}}
if [[ ! -d $base ]]; then printf '%s is not here\\n' "$base"; fi
mounted=$(cut -d ' ' -f 5 /proc/self/mountinfo | grep -F -- "$base/" || true)
[[ ! $mounted ]] || fail "another file system is mounted in the app's folder: unmount ${mounted//$'\\n'/ } first"
if [[ {{keep}} == yes && -d $base/shared ]]; then
  needed=$(du -sk -- "$base/shared" | cut -f 1)
  place={{backups}}
  while [[ ! -d $place ]]; do place=${place%/*}; place=${place:-/}; done
  { read -r _; read -r room; } < <(df --output=avail -k "$place")
  ((needed < room)) || fail "the backup of shared/ may take $((needed / 1024)) MiB, and $place has only" \\
    "$((room / 1024)) MiB free: free some, or copy the data yourself and use --delete-data"
fi""",
        rootless=_yes(site.host.rootless),
        keep=_yes(keep_data),
        base=site.layout.base,
        backups=backups(site),
    )
    return Step("look", "look at the host", script)


def _backup(site: Site) -> Step:
    """Keep `shared/` and the history in an archive that only root, or the account itself, can read."""
    script = sh(
        """
base={{base}} folder={{folder}}
if [[ -d $base/shared ]]; then
  archive=$folder/{{name}}-$(date -u +%Y%m%d-%H%M%S).tar.gz
  umask 077
  mkdir -p -- "$folder"
  chmod 0700 -- "$folder"
  history=()
  [[ ! -f $base/history.jsonl || -L $base/history.jsonl ]] || history=(history.jsonl)
  tar --create --gzip --numeric-owner --warning=no-file-ignored --file="$archive.part" --directory="$base" -- \\
    shared "${history[@]}" \\
    || { rm -f -- "$archive.part"; fail "the backup of $base/shared failed: nothing of it was deleted"; }
  mv -- "$archive.part" "$archive"
  sync -- "$archive"
  fact changed "backup $archive"
  note backup-made "the app's data are in $archive"
fi""",
        base=site.layout.base,
        folder=backups(site),
        name=site.app.name,
    )
    return Step("backup", "back up the app's data", script)


def _remember(site: Site, told: Mapping[str, object]) -> Step:
    """Write it where it stays: the app's own history is gone."""
    path = host_history(site.host, site.layout)
    script = sh(
        """
umask 022
mkdir -p -- {{folder}}
printf '%s\\n' {{line}} >> {{path}}""",
        folder=path.parent,
        line=json.dumps(told, sort_keys=True),
        path=path,
    )
    return Step("history", "write the history of the host", script)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
