"""Defines Limits: what the kernel lets an app have on a host."""

from __future__ import annotations

from . import value_types as v
from .table import Table


class Limits(Table, frozen=True):
    """What the kernel lets the app have, the old and the new release of a deploy together."""

    memory: v.Memory | None = None  # all processes together; beyond it the kernel kills one of them
    cpu: v.Percent | None = None  # processor time of all processes together; "100%" is one processor
    nofile: v.Nofile | None = None  # files and connections that each process may have open
