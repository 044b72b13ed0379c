"""Defines Table: the base of all tables of the inventory."""

from __future__ import annotations

import msgspec


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the inventory: immutable, and an unknown key in it is an error."""
