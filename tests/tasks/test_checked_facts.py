"""Whatever a fact holds has a type in `slipway.model.check_host_facts`, and so was checked before."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints, is_typeddict

import pytest

from slipway.model.check_host_facts import KINDS
from tests.tasks.test_hostile_facts import DRAW, GOOD


@pytest.mark.parametrize("name", GOOD)
def test_what_is_read_of_a_fact_is_checked_before(name: str) -> None:
    kind, good = KINDS[name], GOOD[name]
    variants = [good]
    if name == "state":
        well = {"exit": 0, "ms": 2.5, "well": True, "why": ""}
        variants += [{**good, "health": None}, {**good, "health": None, "check": well},
                     {**good, "health": {**good["health"], "well": True}, "stopped": {}}]  # fmt: skip
    for told in variants:
        DRAW[name]({"web1": watched(told, kind)})


class Watched(dict[str, Any]):
    """A part of a fact, of which only what its type has may be read."""

    def __init__(self, told: dict[str, Any], kind: Any) -> None:
        kinds = get_type_hints(kind)
        super().__init__({key: watched(value, kinds[key]) if key in kinds else value for key, value in told.items()})
        self.kind, self.kinds = kind, kinds

    def __getitem__(self, key: str) -> Any:
        assert key in self.kinds, f"{key} is read, and {self.kind.__name__} of host_facts.py does not check it"
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else self.kinds[key] and default


def watched(told: Any, kind: Any) -> Any:
    """A fact that notes what is read of it, as deep as its type says."""
    options = [kind, *get_args(kind)]
    if isinstance(told, dict):
        known = next((option for option in options if is_typeddict(option)), None)
        return Watched(told, known) if known else told
    return [watched(one, options[1]) for one in told] if isinstance(told, list) and len(options) == 2 else told
