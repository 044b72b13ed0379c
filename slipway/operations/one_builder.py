"""Decides which host makes a venv for which others: the first that lacks it, for all of its kind that lack it, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from slipway.model.step import Facts, Target
from slipway.model.venv_passing_through import VenvArchive
from slipway.steps import venv_key
from slipway.steps.venv_of_another_host import FACT, shares


def wanted(targets: Sequence[Target]) -> bool:
    """Whether some of them may share; a change of settings mostly makes no venv."""
    return sum(shares(target) and target.operation == "deploy" for target in targets) > 1


def assigned(targets: Sequence[Target], facts: Mapping[str, Facts] | None = None) -> list[Target]:
    """The same targets, where one of each kind offers its venv and the others receive it.

    Args:
        facts: what each host has told; None: nothing yet, and all count as of one kind.
    """
    if not wanted(targets):
        return list(targets)
    groups: dict[tuple[str, str], list[str]] = {}
    for target in targets:
        kind = facts[target.host.name].get(FACT, "") if facts is not None else "any"
        if kind and shares(target):
            groups.setdefault((kind, venv_key.key(target)), []).append(target.host.name)
    offers: dict[str, VenvArchive] = {}
    receives: dict[str, VenvArchive] = {}
    for first, *others in groups.values():
        if others:
            offers[first] = VenvArchive(first)
            receives |= dict.fromkeys(others, offers[first])
    return [
        replace(target, offers=offers.get(target.host.name), receives=receives.get(target.host.name))
        for target in targets
    ]
