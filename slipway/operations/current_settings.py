"""Reads the settings of the running release from the hosts: every change of settings starts from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from slipway.core.errors import SlipwayError, UsageError
from slipway.env.dotenv import Secret
from slipway.env.dotenv import read as read_env
from slipway.inventory import Host
from slipway.model.check_host_facts import DeployedFile, json_fact
from slipway.model.outcome import HostOutcome, Outcome
from slipway.model.stored_overrides import FACT, NOTHING, Overrides
from slipway.operations.prepare_deployment import content, read
from slipway.source import Source, of_tree, resolve
from slipway.source.git import GitError, git

ENVIRONMENT = "environment"  # as slipway.steps.stored_overrides tells it


class CurrentSettings(Struct, frozen=True):
    """What runs on a host.

    Attributes:
        id: the current release; "" if there is none. release: what its release.json says.
        overrides: the settings that it keeps. environment: what its processes have, but for Slipway's own.
    """

    id: str = ""
    release: Mapping[str, Any] = {}
    overrides: Overrides = NOTHING
    environment: Mapping[str, Secret] = {}


def current_settings(outcome: Outcome) -> dict[str, CurrentSettings]:
    """From what `slipway.operations.read_and_store_settings.read` has found; hosts that did not answer are left out."""
    return {
        name: CurrentSettings(
            host.facts["current"],
            _release(host),
            read(host.hidden, FACT, name),
            read_env(content(host.hidden, ENVIRONMENT, name)),
        )
        for name, host in outcome.hosts.items()
        if "current" in host.facts
    }


def _release(host: HostOutcome) -> Mapping[str, Any]:
    """What its release.json says. Raises SlipwayError: there is a release, and no commit in what it says of it."""
    there = host.facts["current"]
    told: Mapping[str, Any] = json_fact(host, "release", DeployedFile) if there else {}
    return told


def deployed(hosts: Sequence[Host], found: Mapping[str, CurrentSettings]) -> bool:
    """Whether the hosts have releases. Raises SlipwayError: some have, and some have not."""
    bare = [host.name for host in hosts if not found[host.name].id]
    if bare and len(bare) < len(hosts):
        raise SlipwayError(
            f"nothing has been deployed yet on {', '.join(bare)}",
            hint="Deploy there first: `fab deploy` takes over what the other hosts keep.",
        )
    return not bare


def sources_of_running(hosts: Sequence[Host], found: Mapping[str, CurrentSettings]) -> dict[Path, Source]:
    """The commit that runs, from the repository here, for each source folder.

    Raises:
        SlipwayError: the hosts run different commits, or the repository here does not have theirs.
    """
    sources = {}
    for folder in dict.fromkeys(host.app.source for host in hosts):
        trees: dict[str, list[str]] = {}
        for host in hosts:
            if host.app.source == folder:
                trees.setdefault(found[host.name].release["tree"], []).append(host.name)
        if len(trees) > 1:
            told = "; ".join(
                f"{found[hosts[0]].release['commit'][:7]} on {', '.join(hosts)}" for hosts in trees.values()
            )
            raise SlipwayError(
                f"the hosts run different commits: {told}",
                hint="`fab deploy` brings them together; or name hosts that run the same with --hosts.",
            )
        ((_, (first, *_)),) = trees.items()
        sources[folder] = _source(folder, found[first].release)
    return sources


def _source(folder: Path, release: Mapping[str, Any]) -> Source:
    commit, tree = release["commit"], release["tree"]
    if release["dirty"]:
        _need_tree(folder, tree)
        return of_tree(folder, commit, tree, release["ref"], release["subject"], dirty=True)
    try:
        source = resolve(folder, commit)
    except UsageError as error:
        if "no commit" not in error.message:
            raise
        raise SlipwayError(
            f"{folder} does not have commit {commit[:7]} ({release['subject']}), which runs on the hosts",
            hint="Fetch it (git fetch --all), or `fab deploy` what you have first.",
        ) from None
    if source.tree != tree:
        raise SlipwayError(
            f"what runs on the hosts is not the folder {folder} of commit {commit[:7]}",
            hint="Has `source` changed in inventory.toml? `fab deploy` brings the hosts there.",
        )
    return replace(source, ref=release["ref"])


def _need_tree(folder: Path, tree: str) -> None:
    try:
        git(folder, "cat-file", "-e", f"{tree}^{{tree}}")
    except GitError:
        raise SlipwayError(
            "the current release holds uncommitted work, which only the repository has that deployed it",
            hint="Do this where it was deployed from; or commit the work, and `fab deploy` it first.",
        ) from None
