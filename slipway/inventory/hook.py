"""Defines Hook: a command of the user's at a named moment of a deploy or rollback."""

from __future__ import annotations

from typing import Literal

from . import value_types as v
from .table import Table

HookName = Literal[
    "before-deploy",
    "before-migrate",
    "after-migrate",
    "before-boot",
    "after-boot",
    "before-switch",
    "after-switch",
    "after-deploy",
    "after-rollback",
    "after-failure",
]


class Hook(Table, frozen=True):
    """[[app.hooks]]: one hook."""

    at: HookName  # when it runs
    command: v.Command  # a line for sh
    on: Literal["here", "first-host", "every-host"] = "here"  # this machine, or the app's user in the new release
    timeout: v.Seconds = 600  # seconds, after which it has failed
