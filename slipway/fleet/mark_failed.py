"""Writes an error into the outcome of the host where it happened."""

from __future__ import annotations

from slipway.core.errors import SlipwayError
from slipway.fleet.agent_session import Refused
from slipway.fleet.ssh_connect import Unreachable
from slipway.model.outcome import HostOutcome


def mark_failed(host: HostOutcome, phase: str, error: Exception, stopped: bool) -> None:
    """Write down why a host could not go on.

    Args:
        phase: what it was doing.
        error: what was raised; a defect of ours counts as a failure of the host, so that all are reverted.
        stopped: whether we were ending everything at that time; then the error only comes from that.
    """
    host.phase = phase
    host.state = "unreachable" if isinstance(error, (Unreachable, Refused)) else "failed"
    if stopped:
        host.state = "interrupted"
    elif isinstance(error, SlipwayError):
        host.message, host.hint = error.message, error.hint
    else:
        host.message = f"{host.host}: unexpected {type(error).__name__}: {error}"
