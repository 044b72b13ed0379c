"""Puts an operation into words, for headings and reports: what it is about, its phases and steps, the hosts' URLs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from slipway.core.printable import clean

if TYPE_CHECKING:
    from slipway.env.database_settings import DatabaseSetting
    from slipway.model.outcome import Outcome
    from slipway.model.step import Plan

SUBJECT = 60  # characters of a commit's subject that are shown


class Headings(Struct, frozen=True):
    """What was asked for.

    Attributes:
        plan: what ran, or was to run.
        release: id of the release that it is about; "" for none.
        subject: first line of the commit's message.
        urls: where people find the site on each host, by the host's name.
        silenced: names of notes that are not to be shown, by the host's name.
        undo: how to take it back, in words; "" where that goes without saying, or is not known.
        migrated: names of the migrations that stay in the database although the operation failed; "" for none.
        databases: variables that name servers, by the host's name; for hints.
        commit: the full hash of the commit that a new release is made from; "" for none.
    """

    plan: Plan
    release: str = ""
    subject: str = ""
    urls: Mapping[str, str] = {}
    silenced: Mapping[str, Collection[str]] = {}
    commit: str = ""
    undo: str = ""
    migrated: str = ""
    databases: Mapping[str, list[DatabaseSetting]] = {}

    @property
    def what(self) -> str:
        """`deploy of 20261120-131502-abc1234 "Fix the form"`."""
        subject = clean(self.subject)
        subject = subject if len(subject) <= SUBJECT else f"{subject[: SUBJECT - 3]}..."
        way = "to" if self.plan.operation == "rollback" else "of"
        release = f" {way} {self.release}" if self.release else ""
        return f"{self.plan.operation}{release}" + (f' "{subject}"' if subject else "")

    def phase_title(self, name: str) -> str:
        """A phase as people read it; `connect` is in no plan."""
        return next((phase.title for phase in self.plan.phases if phase.name == name), name.capitalize())

    def step_title(self, phase: str, host: str, step: str) -> str:
        """A step as people read it; "" before the first step of a phase."""
        steps = next((it.steps.get(host, ()) for it in self.plan.phases if it.name == phase), ())
        return next((it.title for it in steps if it.name == step), step)

    def decided(self, outcome: Outcome) -> bool:
        """Whether it got as far as the phases in which nothing is undone any more."""
        return any(phase.final and phase.name in outcome.phases for phase in self.plan.phases)
