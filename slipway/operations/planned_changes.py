"""Finds out what a deploy would change on each host, for `fab plan`: it only compares, with what the hosts told."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from difflib import unified_diff
from typing import Any

from msgspec import Struct

from slipway.core.errors import SlipwayError
from slipway.detect.classify_new_migrations import NewMigration, new_migrations
from slipway.detect.dependency_changes import PackageChange, dependency_changes
from slipway.env.sources import Wanted
from slipway.model.check_host_facts import json_fact
from slipway.model.hosts_to_targets import with_overrides
from slipway.model.outcome import HostOutcome, Outcome
from slipway.model.release import RELEASE_ID
from slipway.model.step import Phase, Plan, Step, Target
from slipway.model.stored_overrides import Overrides
from slipway.operations.compare_env import Difference, differences
from slipway.operations.current_settings import CurrentSettings, current_settings
from slipway.operations.prepare_deployment import demand, taken_over
from slipway.operations.required_variables import demand_what_is_read
from slipway.render.nginx_site import nginx_site
from slipway.source import Source, of_tree
from slipway.source.ancestry import Move, move
from slipway.source.commits_between import Commit, FileChange, changed_files, commits_between
from slipway.source.git import GitError
from slipway.steps import config, history, release_fingerprint, report_status, stored_overrides
from slipway.steps.common import remote
from slipway.steps.server_command import runs_gunicorn

LAST = 30  # operations of the history in which earlier deploys are looked for
DEPLOYS = 5  # of which the time is told
ID = re.compile(RELEASE_ID.pattern)  # anywhere in a text


class CodeChange(Struct, frozen=True):
    """From the commit that runs to the one that comes.

    Attributes:
        way: how the two lie to each other, see `slipway.source.ancestry`; `first`: nothing runs yet.
        commits: those that come, newest first. taken_back: those that the new one lacks.
        files, packages, migrations: what differs; empty where the repository here lacks what runs.
    """

    before: str
    after: str
    way: str
    ahead: int = 0
    behind: int = 0
    commits: Sequence[Commit] = ()
    taken_back: Sequence[Commit] = ()
    files: Sequence[FileChange] = ()
    packages: Sequence[PackageChange] = ()
    migrations: Sequence[NewMigration] = ()


class HostChange(Struct, frozen=True):
    """What a deploy would change on one host.

    Attributes:
        release: id of what runs; "" if nothing does.
        nothing: the host serves the same already.
        code: None where what runs is the same code.
        configuration: by file, the lines of a unified diff; the release's own id stands there as ID.
        seconds: how long its last deploys took, the median; None if none is known.
    """

    release: str
    nothing: bool
    code: CodeChange | None
    configuration: Mapping[str, Sequence[str]]
    seconds: float | None


def look(targets: Sequence[Target]) -> Plan:
    """The plan that asks each host for all that is compared; it changes nothing."""
    steps = {}
    for target in targets:
        known = {target.host.name: release_fingerprint.fingerprint(target)}
        configuration = remote("host.release_configuration", {"conf": str(target.layout.current / "conf")})
        steps[target.host.name] = (
            stored_overrides.look(target.host, target.layout),
            report_status.look(target.host, target.layout, target.templates),
            release_fingerprint.look(target, known),
            Step("configuration", "look at the configuration", configuration),
            history.look(target.host, target.layout, LAST),
        )
    return Plan("plan", (Phase("look", "Look at the hosts", steps, early=True),), together=False)


def compare(
    targets: Sequence[Target], wanted: Mapping[str, Wanted], outcome: Outcome, now: datetime
) -> tuple[dict[str, HostChange], list[Difference], list[SlipwayError]]:
    """What a deploy would change on each host that answered, in its environment, and what would stop it.

    Args:
        targets: without what hosts keep. wanted: their environments as this machine gives them.
        outcome: of the plan of `look`. now: the time that generated values would get.
    """
    served = current_settings(outcome)
    made = [target for target in targets if target.host.name in served]
    hosts = [target.host for target in made]
    then, _ = taken_over(hosts, {name: one.overrides for name, one in served.items()}, wanted, now)
    changes = {
        target.host.name: planned_change(target, outcome.hosts[target.host.name], served[target.host.name])
        for target in with_overrides(made, wanted, then)
    }
    env = differences(hosts, served, wanted, then)
    return changes, env, list(_obstacles(made, {host.name: wanted[host.name] for host in hosts}, then))


def _obstacles(
    targets: Sequence[Target], wanted: Mapping[str, Wanted], overrides: Mapping[str, Overrides]
) -> Iterator[SlipwayError]:
    """The mistakes with which a deploy would end before it changes anything."""
    try:
        demand(wanted, overrides)
        demand_what_is_read(targets, wanted, overrides, {})
    except SlipwayError as error:
        yield error


def planned_change(target: Target, host: HostOutcome, served: CurrentSettings) -> HostChange:
    """What a deploy of a target would change on its host.

    Args:
        target: with the overrides that the host keeps. served: what runs.
    """
    return HostChange(
        release=served.id,
        nothing=host.facts.get(release_fingerprint.FACT) == "yes",
        code=code_change(target, served),
        configuration=configuration_changes(configuration_of(target), json_fact(host, "configuration", dict[str, str])),
        seconds=usual_seconds(json_fact(host, "history")),
    )


def code_change(target: Target, served: CurrentSettings) -> CodeChange | None:
    """How the code would change; None if it is the same."""
    after, runs = target.source, served.release
    if not served.id:
        return CodeChange("", after.commit, "first")
    before = Source(after.folder, runs["commit"], runs["tree"], runs["ref"], runs.get("subject", ""), runs["dirty"])
    if before.tree == after.tree and before.commit == after.commit:
        return None
    way = move(after.folder, before.commit, after.commit)
    try:
        return _known_code_change(target, before, way)
    except GitError:  # the repository here lacks what runs
        return CodeChange(before.commit, after.commit, way.way, way.ahead, way.behind)


def _known_code_change(target: Target, before: Source, way: Move) -> CodeChange:
    folder, after = target.source.folder, target.source
    old = of_tree(folder, before.commit, before.tree, before.ref, before.subject, dirty=before.dirty)
    files = changed_files(folder, old.tree, after.tree)
    added = [one.path for one in files if one.change == "added"]
    with old.opened() as before_files, after.opened() as after_files:
        return CodeChange(
            before.commit, after.commit, way.way, way.ahead, way.behind,
            commits_between(folder, before.commit, after.commit),
            commits_between(folder, after.commit, before.commit),
            files,
            dependency_changes(before_files, after_files, target.app, target.detected.chdir),
            new_migrations(after_files, added),
        )  # fmt: skip


def configuration_of(target: Target) -> dict[str, str]:
    """By its name in `conf/`, the text of each file that `slipway.steps.config` would write for the target."""
    texts = {path.name: text for path, text in config.program_files(target).items()}
    if target.app.web:
        texts["nginx.conf"] = nginx_site(target.app, target.host, target.layout, target.templates)
        if runs_gunicorn(target.app):
            texts["gunicorn.conf.py"] = config.gunicorn_file(target)
    return texts


def configuration_changes(new: Mapping[str, str], old: Mapping[str, str]) -> dict[str, list[str]]:
    """By file, the unified diff of those that differ, without the lines of its head."""
    found = {}
    for name in sorted({*new, *old}):
        before, after = (_comparable(texts.get(name, "")) for texts in (old, new))
        if before != after:
            found[name] = list(unified_diff(before, after, lineterm="", n=1))[2:]
    return found


def _comparable(text: str) -> list[str]:
    return ID.sub("ID", text).splitlines()


def usual_seconds(records: Sequence[Mapping[str, Any]]) -> float | None:
    """How long the last deploys took that went well, the median in seconds."""
    took = [
        float(one["seconds"])
        for one in records
        if one.get("operation") == "deploy" and one.get("outcome") == "ok" and one.get("seconds")
    ]
    return statistics.median(took[-DEPLOYS:]) if took else None
