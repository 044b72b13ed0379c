"""Sends the decision of an operation to all hosts at once, so that no client dies with only some of them told."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from slipway.fleet.agent_session import Lost, Session

if TYPE_CHECKING:
    from slipway.core.shell import Script


def send_at_once(sessions: Mapping[str, Session], scripts: Mapping[str, Script]) -> None:
    """Send each host its script, one right after the other, before anything that a host says is heard.

    Each host has a thread of its own for all else. On a busy machine seconds may lie between what two of them do, and
    a client that dies then would leave hosts that have decided, and others that revert.

    Args:
        sessions, scripts: by the name of the host.
    """
    for name, script in scripts.items():
        with suppress(Lost):  # its own thread finds the connection broken, too, and says so
            sessions[name].send_now(script)
