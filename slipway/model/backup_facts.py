"""Defines what hosts report of backups and restores."""

from __future__ import annotations

from typing import TypedDict

from slipway.model.fact_types import Count, Epoch, Seconds


class BackedUpDatabase(TypedDict):
    name: str
    kind: str
    tables: Count
    rows: Count


class BackupRow(TypedDict, total=False):
    not_proved: str
    proved: Epoch
    sent: dict[str, Epoch]
    not_sent: dict[str, str]


class Backup(BackupRow):
    """What is told of a backup."""

    id: str
    made: Epoch
    who: str
    why: str
    release: str
    size: Count
    seconds: Seconds
    databases: list[BackedUpDatabase]
    files: Count
    bytes: Count


class LastBackup(TypedDict):
    """What status tells of backups."""

    proved: Epoch | None
    not_proved: str | None
    failed: str | None


class Restored(TypedDict):
    databases: Count
    files: Count
    removed: Count
    damaged: list[str]
