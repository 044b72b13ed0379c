"""Runs the commands that run once in an app's life (`app.once`), and records on each host that they have run."""

from __future__ import annotations

import json

from slipway.core.shell import Script, join, sh
from slipway.model.step import Facts, Step, Target
from slipway.steps.run_as_recorded_task import recorded

FACT = "once"


def report(target: Target) -> Script:
    """Report the fact `once`: names of the commands that have run. The folder is not the app's to write."""
    if not target.app.once:
        return Script("")
    return sh(
        """
ran=()
for file in {{once}}/*; do [[ ! -f $file ]] || ran+=("${file##*/}"); done
fact {{fact}} "${ran[*]}\"""",
        once=target.layout.once,
        fact=FACT,
    )


def read(facts: Facts) -> frozenset[str]:
    """What `report` has reported of a host."""
    return frozenset(facts.get(FACT, "").split())


def run(target: Target) -> Step:
    """Run each command that has no record, in the new release, as the app's user, as a recorded one-off task.

    A command that fails or is cut off gets no record, and runs again with the next deploy. Changes of settings make
    releases, too, and run nothing of this.
    """
    commands = target.app.once if target.operation == "deploy" else {}
    scripts = [_run(target, name, command) for name, command in commands.items()]
    return Step("once", "run commands that run once", join(scripts))


def _run(target: Target, name: str, command: str) -> Script:
    if name in target.once_done and not target.detected.sqlite:
        return _record(target, name)
    return sh(
        """
if [[ ! -e {{file}} ]]; then
{{task}}
fi
{{record}}""",
        file=target.layout.once / name,
        task=recorded(target, f"{target.release.id}-{name}", command, ["sh", "-c", command], name=name),
        record=_record(target, name),
    )


def remember(target: Target) -> Step:
    """Record on every host that the commands have run: the one where they ran may leave the fleet."""
    names = target.app.once if target.operation == "deploy" else {}
    return Step("ran-once", "note which commands have run", join(_record(target, name) for name in names))


def _record(target: Target, name: str) -> Script:
    release = target.release
    facts = {"release": release.id, "who": release.who, "when": release.when.isoformat(timespec="seconds")}
    return sh(
        """
if [[ ! -e {{file}} ]]; then
  mkdir -p -m 2750 {{folder}}
  printf '%s\\n' {{facts}} > {{file}}
fi""",
        file=target.layout.once / name,
        folder=target.layout.once,
        facts=json.dumps({**facts, "command": target.app.once[name]}, sort_keys=True),
    )
