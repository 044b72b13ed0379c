"""Defines what hosts report of schedules."""

from __future__ import annotations

from typing import TypedDict

from slipway.model.fact_types import Count, Epoch, Seconds


class Assigned(TypedDict):
    host: str


class Ended(TypedDict, total=False):
    code: Count | None


class Run(Ended):
    started: Epoch
    seconds: Seconds


class Schedule(TypedDict):
    name: str
    cron: str
    command: str
    next: Epoch | None
    running: Epoch | None
    cut_off: Epoch | None
    left_out: Epoch | None
    last: Run | None


class Schedules(TypedDict):
    here: bool
    assigned: Assigned | None
    schedules: list[Schedule]
