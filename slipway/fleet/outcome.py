"""What an operation did on each host, as data; `slipway.output` turns it into words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from slipway.fleet.session import Result

State = Literal["ok", "failed", "unreachable", "reverted", "untouched", "interrupted"]


@dataclass
class HostOutcome:
    """One host's part.

    Attributes:
        state: `failed` and `unreachable` are causes; `reverted` and `untouched` are what became of the others.
        result: how the script ended that decided the state; None if none ran.
        message, hint: what to tell where no script can.
        facts: everything the host reported.
        undone: whether the host says that it was put back; None where that was not needed.
    """

    host: str
    state: State = "ok"
    phase: str = ""
    result: Result | None = None
    message: str = ""
    hint: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    undone: bool | None = None


@dataclass
class Outcome:
    """A whole operation.

    Attributes:
        hosts: by name, in the inventory's order.
        phases: how long each phase took, in seconds, from the first host's start to the last one's end.
        steps: for each host, how long each step took, in seconds.
        interrupted: whether the user stopped it.
    """

    operation: str
    hosts: dict[str, HostOutcome]
    phases: dict[str, float] = field(default_factory=dict)
    steps: dict[str, dict[str, float]] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def ok(self) -> bool:
        return not self.interrupted and all(host.state == "ok" for host in self.hosts.values())

    @property
    def code(self) -> int:
        """The exit code: 0 done everywhere, 130 stopped by the user, 1 otherwise."""
        return 130 if self.interrupted else 0 if self.ok else 1

    @property
    def causes(self) -> list[HostOutcome]:
        """The hosts that made it fail."""
        return [host for host in self.hosts.values() if host.state in ("failed", "unreachable")]
