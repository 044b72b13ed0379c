"""Reverts or finishes an operation on one host, also after a lost connection, and writes the host's history."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import wait

from slipway.core.errors import SlipwayError
from slipway.core.shell import Script, sh
from slipway.fleet.agent_session import AgentOptions, Lost, Session
from slipway.fleet.daemon_threads import start
from slipway.model.outcome import Outcome, Result
from slipway.model.step import Plan, Record

# How long a host that we lost may take to end what ran, to revert itself, or to restart: twice its silence, and this.
# It has to be less than the agent takes from its agreement to stay until it does so without us, see `linger`.
MARGIN = 15  # seconds
PAUSE = 0.5  # seconds


def run_even_if_lost(
    session: Session, script: Script, reconnect: Callable[[], Session], silence: int
) -> tuple[Session, Result | None]:
    """Run a script on a host even if it was lost meanwhile, and is restarting, or busy with reverting itself.

    Args:
        session: the one that the operation ran in.
        reconnect: connects anew, if that one was lost.
        silence: seconds after which the host sees that it has lost us.

    Returns:
        The session that could be used, and how the script ended; None if the host cannot be reached, or not soon
        enough. The fact `undone` is `yes` also where the host has reverted itself before it could be told.
    """
    deadline = time.monotonic() + 2 * silence + MARGIN
    try:
        return session, session.run(script)
    except Lost:
        session.cut()  # or signs of life would still keep the agent there, with the lock
    while time.monotonic() < deadline:
        try:
            session = reconnect()
            result = session.run(script)
        except SlipwayError:
            time.sleep(PAUSE)
        else:
            result.facts["undone"] = "yes"
            return session, result
    return session, None


def undo_script(options: AgentOptions) -> Script:
    """Run the journal, if an operation left one; the journal deletes itself at its end.

    One that this host has put aside already, since it had agreed to stay when another host failed, counts too. Which
    release is current then is the fact `serves`.
    """
    return sh(
        """
if [[ -e {{aside}} && ! -e {{path}} ]]; then mv {{aside}} {{path}}; fi
if [[ -e {{path}} ]]; then SLIPWAY_NONCE=${nonce-} bash {{path}} told; fact undone yes; fi
fact serves "$(readlink {{current}} || true)\"""",
        path=options.undo,
        aside=f"{options.undo}.aside",
        current=options.current,
    )


def finish_script(options: AgentOptions) -> Script:
    """Do what is left to do after the decision, if anything is."""
    return sh(
        """
for journal in {{aside}} {{done}}; do
  [[ ! -e $journal ]] || SLIPWAY_NONCE=${nonce-} bash "$journal" onward
done""",
        aside=f"{options.undo}.aside",
        done=f"{options.undo}.done",
    )


def remember(plan: Plan, outcome: Outcome, sessions: Mapping[str, Session]) -> None:
    """Write an operation into the history of every host that can be reached, however it ended."""
    if outcome.settled:
        return
    hosts = [name for name in plan.records if name in sessions and outcome.hosts[name].state != "unknown"]
    told = {name: _told(plan, outcome, name) for name in hosts}
    hosts = [name for name in hosts if not plan.records[name].failure or told[name]["outcome"] != "ok"]
    work = [start(sessions[name].run, line(plan.records[name], told[name])) for name in hosts]
    wait(work, timeout=MARGIN)


def _told(plan: Plan, outcome: Outcome, name: str) -> dict[str, object]:
    """How an operation ended: for all hosts together, or for one where each is for itself."""
    host = outcome.hosts[name]
    told: dict[str, object] = {"outcome": outcome.verdict, "seconds": round(outcome.seconds, 2)}
    if not plan.together and not outcome.interrupted:
        told["outcome"] = "ok" if host.state == "ok" else "failed"
    if plan.records[name].failure and host.result and host.result.step:
        told["message"] = f"failed in step {host.result.step}"
    return told


def line(record: Record, told: Mapping[str, object]) -> Script:
    """Append to a host's history, if the app has a folder there.

    Args:
        told: how the operation ended, besides what the record says of it.
    """
    made = sh("umask 022; mkdir -p {{folder}}\n", folder=record.path.parent) if record.failure else Script("")
    written = made + sh(
        "[[ ! -w {{folder}} ]] || printf '%s\\n' {{line}} >> {{path}}",
        folder=record.path.parent,
        line=json.dumps({**record.facts, **told}, sort_keys=True),
        path=record.path,
    )
    return written + sh("rm -f {{instead}}", instead=record.instead) if record.instead else written
