"""Makes the plan that checks each host, and turns what the hosts report into findings."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict

from slipway.core.errors import SlipwayError
from slipway.core.shell import sh
from slipway.doctor.finding import Finding, Level
from slipway.inventory import Host
from slipway.model.check_host_facts import json_fact
from slipway.model.fact_types import Epoch
from slipway.model.hosts_to_targets import layout_of
from slipway.model.layout import Layout
from slipway.model.outcome import HostOutcome
from slipway.model.step import Phase, Plan, Step
from slipway.steps import report_status, survey
from slipway.steps.common import as_user_of, remote

INDEX_TIMEOUT = 20  # seconds
CLOCKS = 5.0  # seconds that the clocks may differ, besides what the answer takes


class SystemFinding(TypedDict):
    """One entry of the fact `system`, see `slipway.remote.doctor.check_system`."""

    check: str
    level: Level
    told: str
    remedy: str


def look(hosts: Sequence[Host], templates: Path | None = None) -> Plan:
    """The plan of `fab doctor`: each host for itself; nothing is changed.

    Args:
        templates: the user's own, to tell where nginx's site differs from them.
    """
    steps = {}
    for host in hosts:
        layout = layout_of(host)
        system = remote("doctor.check_system", {"base": str(layout.base), "room": survey.ROOM, "inodes": survey.INODES})
        steps[host.name] = (
            Step("system", "check the system", system),
            tools(host, layout),
            report_status.look(host, layout, templates),
        )
    return Plan("doctor", (Phase("look", "Look at the hosts", steps, early=True),), together=False)


def tools(host: Host, layout: Layout) -> Step:
    """Check what a deploy uses. Facts: `uv` (its version), `index`, `sudo` ("" if well, else what was said), and
    `leftovers` (how many releases were not finished)."""
    script = sh(
        """
if [[ -x {{uv}} ]]; then
  fact uv "$({{uv}} --version 2>&1 | head -n 1)"
  said=$(timeout {{timeout}} {{uv}} pip compile --quiet --no-cache --no-deps - <<< pip 2>&1 > /dev/null) \\
    || : "${said:=no answer within {{timeout}} s}"
  said=${said//$'\\n'/ }
  fact index "${said:0:300}"
fi
said=$({{as_app}} true 2>&1) || : "${said:=exit code $?}"
fact sudo "${said//$'\\n'/ }"
leftovers=0
for release in {{releases}}/*/; do
  [[ ! -d $release || -e ${release}release.json ]] || leftovers=$((leftovers + 1))
done
fact leftovers "$leftovers" """,
        uv=layout.tools / "bin" / "uv",
        timeout=INDEX_TIMEOUT,
        as_app=as_user_of(host),
        releases=layout.releases,
    )
    return Step("tools", "check the tools", script)


def findings(host: Host, outcome: HostOutcome) -> Iterator[Finding]:
    """What was found on one host, but for the state of the app, see `slipway.output.status`."""
    if outcome.state != "ok":
        check = "ssh" if outcome.state == "unreachable" else "checks"
        last = " ".join([*outcome.result.tail][-1:]) if outcome.result else ""
        reason = outcome.why if outcome.why != outcome.state else last
        yield Finding(
            host.name, check, "failed", reason or outcome.state, outcome.hint or f"`ssh {host.target}` shows more."
        )
        return
    yield Finding(host.name, "ssh", "ok", f"login as {host.user} with a known host key")
    try:
        for one in json_fact(outcome, "system", list[SystemFinding]):
            yield Finding(host.name, one["check"], one["level"], one["told"], one["remedy"])
        yield _clock(host, json_fact(outcome, "clock", Epoch))
    except SlipwayError as error:
        yield Finding(host.name, "system", "failed", error.message, error.hint)
    yield from _tools(host, outcome)


def _clock(host: Host, told: float) -> Finding:
    """Compare the host's clock with that of this machine; the answer has taken a moment."""
    apart = abs(time.time() - told)
    if apart <= CLOCKS:
        return Finding(host.name, "time", "ok", "the same as on this machine")
    remedy = "Set the clock of the host, or that of this machine: releases are named by it."
    return Finding(host.name, "time", "warning", f"the clocks differ by {apart:.0f} s", remedy)


def _tools(host: Host, outcome: HostOutcome) -> Iterator[Finding]:
    facts, provision = outcome.facts, f"fab provision --hosts={host.name}"
    if "uv" not in facts:
        yield Finding(host.name, "provisioned", "failed", "the tools are not installed", provision)
        return
    yield Finding(host.name, "uv", "ok", facts["uv"])
    if facts.get("index"):
        remedy = "Deploys that need a new package will fail: see what uv says, and the host's proxy and uv.toml."
        yield Finding(host.name, "package index", "failed", facts["index"], remedy)
    else:
        yield Finding(host.name, "package index", "ok", "it answers")
    if facts.get("sudo"):
        told = f"{host.user} cannot act as {host.app.user}: {facts['sudo']}"
        yield Finding(host.name, "sudo", "failed", told, provision)
    else:
        yield Finding(host.name, "sudo", "ok", f"{host.user} may act as {host.app.user}")
    if facts.get("leftovers", "0") not in ("", "0"):
        number = facts["leftovers"]
        told = f"{number} unfinished release{'s' if number != '1' else ''}"
        yield Finding(host.name, "leftovers", "warning", told, "The next deploy deletes them.")
