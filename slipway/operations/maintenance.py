"""Plans `fab maintenance.on` and `off`: checks the request, and says which steps run."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from slipway.core.errors import UsageError
from slipway.inventory import Host
from slipway.model.hosts_to_targets import layout_of, who
from slipway.model.layout import Layout
from slipway.model.maintenance_visitors import names, network, own, shown
from slipway.model.step import Phase, Plan, Step
from slipway.operations.parse_typed_command import seconds
from slipway.steps import maintenance as steps
from slipway.steps.maintenance_page import MaintenancePage

MESSAGE = "This site is being worked on right now. Thank you for your patience."
RETRY_AFTER = 600  # seconds
LONGEST = 30 * 86400  # seconds
MOST_TEXT = 4000  # characters of a message

_SEPARATORS = re.compile(r"[,\s]+")


def with_visitors(hosts: Sequence[Host]) -> list[Host]:
    """The hosts on which the app has a web side.

    Raises:
        UsageError: there is none.
    """
    found = [host for host in hosts if host.app.web]
    if not found:
        hint = "`fab stop` stops the processes of an app without a web side."
        raise UsageError("no selected host has a web side (web = false): nobody would see the page", hint=hint)
    return found


def requested_page(message: str = "", retry_after: str = "", allow: str = "") -> MaintenancePage:
    """Make the page that the user asked for from what was typed.

    Args:
        message: for visitors; empty for a general one.
        retry_after: such as `90`, `10m`, `2h`; empty for ten minutes.
        allow: addresses and networks by comma.

    Raises:
        UsageError: one of them cannot be served.
    """
    text = "\n".join(line.strip() for line in message.strip().splitlines()) or MESSAGE
    if len(text) > MOST_TEXT or not all(one.isprintable() or one == "\n" for one in text):
        hint = "Make it shorter, and leave out what is no text; for more, see docs/maintenance.md."
        raise UsageError(f"--message is for people: text of at most {MOST_TEXT} characters", hint=hint)
    wait = round(seconds(retry_after, "--retry-after")) if retry_after else RETRY_AFTER
    if not 1 <= wait <= LONGEST:
        raise UsageError(f"--retry-after={retry_after} is too long or too short", hint="Write 90s, 10m, 2h or 1d.")
    networks = [network(word) for word in _SEPARATORS.split(allow) if word]
    now = datetime.now(timezone.utc)
    return MaintenancePage(
        id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        who=who(),
        when=now,
        message=text,
        retry_after=wait,
        allow=tuple(dict.fromkeys(shown(one) for one in networks)),
        names=tuple(dict.fromkeys(name for one in networks for name in names(one) if not own(one))),
        own_names=tuple(dict.fromkeys(name for one in networks for name in names(one) if own(one))),
    )


def close_plan(hosts: Sequence[Host], order: MaintenancePage, templates: Path | None = None) -> Plan:
    """Serve the maintenance page on every host, or on none.

    Args:
        templates: the user's own.
    """
    return Plan(
        steps.ON,
        (
            _every("prepare", "Prepare the page", hosts, partial(steps.prepare, order=order, templates=templates)),
            _every("close", "Close the site", hosts, partial(steps.close, order=order)),
            replace(_every("commit", "Commit", hosts, steps.keep), now=True),
            replace(_every("finish", "Finish", hosts, steps.finish), final=True),
        ),
        records={host.name: steps.record(layout_of(host), steps.ON, order.who, order.when, order) for host in hosts},
    )


def open_plan(hosts: Sequence[Host], who: str, when: datetime) -> Plan:
    """Let visitors in on every host, or on none."""
    return Plan(
        steps.OFF,
        (
            _every("open", "Open the site", hosts, partial(steps.reopen, who=who, when=when)),
            replace(_every("commit", "Commit", hosts, steps.keep), now=True),
            replace(_every("finish", "Finish", hosts, steps.finish), final=True),
        ),
        records={host.name: steps.record(layout_of(host), steps.OFF, who, when) for host in hosts},
    )


def _every(name: str, title: str, hosts: Sequence[Host], make: Callable[[Host, Layout], Step]) -> Phase:
    """A phase of one step on every host, whatever release is there."""
    return Phase(name, title, {host.name: (make(host, layout_of(host)),) for host in hosts})
