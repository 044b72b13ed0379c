"""Decides in which groups hosts are switched: all at once, in batches, or canary hosts first."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeVar, cast, get_args

from msgspec import Struct

from slipway.core.errors import UsageError
from slipway.inventory.value_types import BATCH, WORDS

if TYPE_CHECKING:
    from slipway.inventory import Host

Kind = Literal["atomic", "rolling", "canary"]
KINDS = get_args(Kind)
T = TypeVar("T")


class Strategy(Struct, frozen=True):
    """How a fleet is switched; every host is prepared, booted and checked before any host switches.

    Attributes:
        kind: `atomic`: all together. `rolling`: batch after batch, each checked before the next. `canary`: one batch
            first, watched for a while, then all others together.
        batch: hosts in a batch: a number, or a share of the hosts such as `25%`.
        watch: how long a canary is watched, in seconds.
        ask: let a person decide after each batch but the last.
    """

    kind: Kind = "atomic"
    batch: str = "25%"
    watch: int = 30
    ask: bool = False

    @property
    def pause(self) -> int:
        """Seconds that each batch but the last is watched before the next: a rolling one is only asked again."""
        return self.watch if self.kind == "canary" else 0

    def batches(self, hosts: Sequence[T]) -> list[Sequence[T]]:
        """Hosts that are switched together, in their order."""
        if self.kind == "atomic" or len(hosts) < 2:
            return [hosts]
        size = self._size(len(hosts))
        if self.kind == "canary":
            return [part for part in (hosts[:size], hosts[size:]) if part]
        return [hosts[start : start + size] for start in range(0, len(hosts), size)]

    def _size(self, hosts: int) -> int:
        """Hosts in a batch: never none, and for a canary never all."""
        share = self.batch.endswith("%")
        wanted = math.ceil(hosts * int(self.batch[:-1]) / 100) if share else int(self.batch)
        most = hosts - 1 if self.kind == "canary" else hosts
        return max(1, min(wanted, most))


def chosen(hosts: Sequence[Host], kind: str = "", batch: str = "", watch: int = -1, ask: bool = False) -> Strategy:
    """The strategy of a deploy: what the command line says, else what the inventory says of the first host.

    Raises:
        UsageError: an unknown strategy, a batch that is neither a number nor a share, or an option without effect.
    """
    app = hosts[0].app
    if kind and kind not in KINDS:
        raise UsageError(f"there is no strategy '{kind}'", hint=f"Take one of: {', '.join(KINDS)}.")
    if batch and not re.search(BATCH, batch):
        raise UsageError(f"--batch: '{batch}' is not {WORDS[BATCH]}", hint="Write --batch=2 or --batch=25%.")
    taken = cast(Kind, kind or app.strategy)
    _refuse_without_effect(taken, {"--batch": bool(batch), "--watch": watch >= 0, "--ask": ask})
    return Strategy(taken, batch or app.batch, app.watch if watch < 0 else watch, ask)


def _refuse_without_effect(kind: Kind, given: Mapping[str, bool]) -> None:
    """Raises UsageError: an option that the strategy has no use for."""
    for option, kinds in {"--batch": KINDS[1:], "--watch": KINDS[2:], "--ask": KINDS[1:]}.items():
        if given[option] and kind not in kinds:
            several = "strategies" if len(kinds) > 1 else "strategy"
            raise UsageError(
                f"{option} is for the {several} {' and '.join(kinds)}, and this deploy is {kind}",
                hint=f"Add --strategy={kinds[0]}, or leave {option} out.",
            )
