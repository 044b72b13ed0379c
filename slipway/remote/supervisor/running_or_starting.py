"""Say in which state a process is: a web process that serves already runs, although supervisord waits still."""

from __future__ import annotations

from slipway.remote.supervisor.program_names import link


def state_of(process: str, state: str, *, serves: bool, exits: int) -> str:
    """Return supervisord's state of a process, or RUNNING for web where only supervisord's time is not up yet.

    supervisord says STARTING until `startsecs` have passed, and a release serves as soon as its health check has
    passed, which is earlier.

    Args:
        process: its name in the inventory. state: what supervisord says.
        serves: whether its release is the current one or the standby. exits: how often it ended by itself lately.
    """
    return "RUNNING" if process == "web" and state == "STARTING" and serves and not exits else state


def serves(base: str, release: str) -> bool:
    """Say whether a release is the current one or the standby, and so was found healthy."""
    return release in (link(base, "current"), link(base, "standby"))
