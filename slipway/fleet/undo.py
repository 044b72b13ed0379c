"""What the fleet does to a host on its own account: putting it back, and remembering what was done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

from slipway.errors import SlipwayError
from slipway.fleet.session import Busy, Lost, Session
from slipway.outcome import Result
from slipway.shell import Script, sh
from slipway.step import Record

# How long a host that we lost may take, beyond its SILENCE, to end what ran and to put itself back.
MARGIN = 15  # seconds
PAUSE = 0.5  # seconds


def undo(session: Session, journal: str, again: Callable[[], Session], silence: int) -> tuple[Session, Result | None]:
    """Put a host back.

    Args:
        session: the one that the operation ran in.
        journal: path of the undo journal on the host.
        again: connects anew, if that one was lost; the host has put itself back when it is not busy any more.
        silence: seconds after which the host sees that it has lost us.

    Returns:
        The session that could be used, and how the journal ended; its fact `undone` is `yes` if there was
        something to put back. None if the host cannot be reached.
    """
    try:
        return session, session.run(undo_script(journal))
    except Lost:
        pass
    deadline = time.monotonic() + silence + MARGIN
    while time.monotonic() < deadline:
        try:
            session = again()
            result = session.run(undo_script(journal))
        except Busy:
            time.sleep(PAUSE)
        except SlipwayError:
            break
        else:
            result.facts["undone"] = "yes"
            return session, result
    return session, None


def undo_script(journal: str) -> Script:
    """Run what the journal holds, if an operation left one; it removes itself when it is through.

    One that this host has put aside already, since it had agreed to stay when another host failed, counts too.
    """
    return sh(
        """
if [[ -e {{aside}} && ! -e {{path}} ]]; then mv {{aside}} {{path}}; fi
if [[ -e {{path}} ]]; then bash {{path}} told; fact undone yes; fi""",
        path=journal,
        aside=f"{journal}.aside",
    )


def remember(record: Record, told: Mapping[str, object]) -> Script:
    """Append an operation to a host's history, if the app has a folder there.

    Args:
        told: how the operation ended, besides what the record says of it.
    """
    line = json.dumps({**record.facts, **told}, sort_keys=True)
    return sh(
        "[[ ! -w {{folder}} ]] || printf '%s\\n' {{line}} >> {{path}}",
        folder=record.path.parent,
        line=line,
        path=record.path,
    )
