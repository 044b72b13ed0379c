"""Turns maintenance on and off: a page in a folder, and a link that nginx looks for.

It has a journal of its own, like `slipway.steps.revert_journal`, which puts the link back if any host fails. It also
has a lock of its own, so that the site can be closed in the middle of a deploy.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from slipway.core.shell import Script, sh
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.model.step import Facts, Record, Step
from slipway.render.nginx_site import address_on_host
from slipway.steps.common import health_question, remote
from slipway.steps.maintenance_page import MaintenancePage, pack
from slipway.steps.revert_journal import BY_ITSELF

ON, OFF = "maintenance.on", "maintenance.off"
TIMEOUT = 5  # seconds in which nginx has to serve the page


def prepare(host: Host, layout: Layout, order: MaintenancePage, templates: Path | None = None) -> Step:
    """Lay the page down where nobody sees it yet."""
    packed = pack(host, order, templates)

    def payload(facts: Facts) -> bytes:
        return packed

    script = sh(
        """
{{open}}
mkdir {{folder}}
take | tar -xf - -C {{folder}}
word=$(od -An -N16 -tx1 /dev/urandom)
mkdir {{folder}}/pass
: > {{folder}}/pass/"${word//[[:space:]]/}"
chmod 2751 {{folder}} {{folder}}/allow {{folder}}/pass
chmod 0644 {{folder}}/page.html {{folder}}/page.json""",
        open=_open(layout, record(layout, ON, order.who, order.when, order)),
        folder=layout.maintenance.folder / order.folder,
    )
    return Step("prepare", "prepare the page", script, payload)


def close(host: Host, layout: Layout, order: MaintenancePage) -> Step:
    """Set the link, and ask nginx whether it serves the page: one that was set up without it would not.

    Networks from which the host itself asks pass only after that.
    """
    address, port = address_on_host(host.app, host)
    options = {
        **health_question(host),
        "address": address,
        "port": port,
        "retry_after": order.retry_after,
        "timeout": TIMEOUT,
    }
    script = sh(
        """
for link in {{page}} {{on}}; do
  ln -sfnT {{folder}} "$link.new"
  mv -fT "$link.new" "$link"
done
{{ask}}
for name in {{names}}; do : > {{on}}/allow/"$name"; done""",
        folder=order.folder,
        page=layout.maintenance.page,
        on=layout.maintenance.on,
        ask=remote("web.ask_maintenance", options),
        names=list(order.own_names),
    )
    return Step("close", "close the site", script)


def reopen(host: Host, layout: Layout, who: str, when: datetime) -> Step:
    """Take the link away."""
    script = sh(
        """
{{open}}
[[ -e {{on}} ]] || note maintenance-is-off "maintenance was not on"
rm -f {{on}}""",
        open=_open(layout, record(layout, OFF, who, when)),
        on=layout.maintenance.on,
    )
    return Step("open", "open the site", script)


def keep(host: Host, layout: Layout) -> Step:
    """The decision: from here on the host does not go back by itself."""
    script = sh("mv -f {{undo}} {{undo}}.aside", undo=layout.maintenance.undo)
    return Step("commit", "keep it so", script)


def finish(host: Host, layout: Layout) -> Step:
    """Take away what is no longer served, and the journal."""
    script = sh(
        """
mv -f {{undo}}.aside {{undo}}.done
cd {{folder}}
{{sweep}}
rm -f {{undo}}.done""",
        undo=layout.maintenance.undo,
        folder=layout.maintenance.folder,
        sweep=_SWEEP,
    )
    return Step("finish", "clear away", script)


def record(layout: Layout, operation: str, who: str, when: datetime, order: MaintenancePage | None = None) -> Record:
    """The history line of switching maintenance on or off."""
    facts: dict[str, object] = {"operation": operation, "who": who, "when": when.isoformat(timespec="seconds")}
    if order:
        facts |= {key: value for key, value in order.facts.items() if key not in ("who", "since")}
    return Record(layout.history, facts)


# What no link leads to serves nobody. The last page stays when the site is open again.
_SWEEP = Script(
    """rm -f on.new page.new
kept=" $(readlink on || true) $(readlink page || true) "
for old in [0-9]*.*/; do [[ $kept == *" ${old%/} "* ]] || rm -rf "$old"; done"""
)


def _open(layout: Layout, told: Record) -> Script:
    """Put right what was cut off here before, and write the journal."""
    stayed = {**told.facts, "outcome": "ok", "by": BY_ITSELF}
    undone = {"operation": "undo", "message": told.facts["operation"], "outcome": "ok", "who": BY_ITSELF}
    return sh(
        """
if [[ -e {{undo}} ]]; then bash {{undo}}; fi
for journal in {{undo}}.aside {{undo}}.done; do if [[ -e $journal ]]; then bash "$journal" onward; fi; done
{ printf 'on=%q page=%q\\n' "$(readlink {{on}} || true)" "$(readlink {{page}} || true)"; cat <<'SLIPWAY_UNDO'
cd {{folder}} || exit 1
if [[ ${1:-} == onward ]]; then
{{sweep}}
  printf '%s\\n' {{stayed}} >> {{history}}
  rm -f "$0"
  exit
fi
back() { if [[ $2 ]]; then ln -sfnT "$2" "$1.new" && mv -fT "$1.new" "$1"; else rm -f "$1"; fi; }
back on "$on"
back page "$page"
{{sweep}}
[[ ${1:-} == told ]] || printf '%s, "when": "%s"}\\n' {{undone}} "$(date -u +%FT%T+00:00)" >> {{history}}
rm -f {{undo}} {{undo}}.aside
SLIPWAY_UNDO
} > {{undo}}.new || { rm -f {{undo}}.new; fail {{no_room}}; }
mv -f {{undo}}.new {{undo}}""",
        undo=layout.maintenance.undo,
        on=layout.maintenance.on,
        page=layout.maintenance.page,
        folder=layout.maintenance.folder,
        sweep=_SWEEP,
        stayed=json.dumps(stayed, sort_keys=True),
        undone=json.dumps(undone, sort_keys=True)[:-1],
        history=layout.history,
        no_room=f"{layout.maintenance.undo} cannot be written: is the disk full?",
    )
