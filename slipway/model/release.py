"""Defines a release and its id."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from msgspec import Struct

from slipway.core.errors import SlipwayError

RELEASE_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{7,40}(-dirty)?")


class Release(Struct, frozen=True):
    """One deploy of a commit: its id, its commit, who deployed it and when.

    Attributes:
        id: UTC time and short commit, `20261120-131502-abc1234`; sorts by time.
        commit: full hash of the commit.
        tree: hash of the git tree that travels (the app's folder inside the repository).
        ref: what the user asked for, such as `main`.
        subject: first line of the commit's message.
        who: user@machine that deploys.
        when: start of the deploy, UTC.
        dirty: whether uncommitted work was shipped.
    """

    id: str
    commit: str
    tree: str
    ref: str
    subject: str
    who: str
    when: datetime
    dirty: bool = False


class Taken(SlipwayError):
    """A host has a release of this name: one of the same commit, whose deploy began in the same second.

    Attributes:
        FACT: what a host tells us of it.
    """

    FACT = "taken"

    def __init__(self, id: str) -> None:
        super().__init__(f"there is a release {id} already", hint="Nothing was changed. Run it again.")


def short_id(id: str) -> str:
    """The part of a release's id that names the commit, for narrow tables; anything else as it is."""
    return id.split("-", 2)[2] if RELEASE_ID.fullmatch(id) else id


def release_id(when: datetime, commit: str, dirty: bool = False) -> str:
    """Name a release by the time of its deploy and its commit, so that names sort by age."""
    stamp = when.astimezone(timezone.utc).strftime("%Y%m%d-%H%M%S")
    return f"{stamp}-{commit[:7]}{'-dirty' if dirty else ''}"
