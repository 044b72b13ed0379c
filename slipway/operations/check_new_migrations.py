"""Says what the migrations that a deploy brings mean for the code that still runs, and refuses them if that is wanted.

The classes are read from the files of the commit, see `slipway.detect.classify_new_migrations`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from slipway.core.errors import SlipwayError
from slipway.detect.classify_new_migrations import NewMigration, in_words, new_migrations
from slipway.inventory.warning_names import named
from slipway.model.step import Facts, Target
from slipway.operations.may_follow_commit import commit_of
from slipway.source.commits_between import changed_files
from slipway.source.git import GitError


def coming(targets: Sequence[Target], facts: Mapping[str, Facts]) -> list[NewMigration]:
    """The migrations that the first host's running commit does not have; none where nothing runs, or none would run.

    Args:
        facts: what each host said in the survey: `current`, the release that runs there.
    """
    target = targets[0]
    told = facts.get(target.host.name, {})
    before = commit_of(told.get("current", ""))
    if not before or told.get("same") == "yes" or not target.app.migrate:
        return []
    added = _added(target.source.folder, before, target.source.tree)
    if not any("migrations/" in path or "versions/" in path for path in added):
        return []
    with target.source.opened() as tree:
        return new_migrations(tree, added)


@cache
def _added(folder: Path, before: str, tree: str) -> tuple[str, ...]:
    """The Python files that a tree has and the commit before has not; asked once, before the deploy and after it."""
    try:
        files = changed_files(folder, f"{before}:./", tree)
    except GitError:  # the repository here lacks what runs, which is told already
        return ()
    return tuple(one.path for one in files if one.change == "added" and one.path.endswith(".py"))


def warnings(targets: Sequence[Target], facts: Mapping[str, Facts]) -> dict[str, list[str]]:
    """What to tell of the host that migrates, by its name.

    Raises:
        SlipwayError: `migrations = "refuse"`, and some break the code that still runs.
    """
    found = coming(targets, facts)
    breaks = [line for one in found if (line := in_words(one, "breaks"))]
    locks = [line for one in found if (line := in_words(one, "locks"))]
    if breaks and targets[0].app.migrations == "refuse":
        raise SlipwayError(
            f"migrations that break the code that still runs: {' | '.join(breaks)}",
            hint="Nothing was changed. Deploy code first that works without it, and the migration later; or let it "
            'pass with migrations = "warn" under [app].',
        )
    told = [named("migration-breaks", f"the code that runs until the switch breaks by {one}") for one in breaks]
    told += [named("migration-locks", f"a table is locked while {one}") for one in locks]
    return {targets[0].host.name: told} if told else {}


def applied(targets: Sequence[Target], facts: Mapping[str, Facts]) -> str:
    """Names of the migrations that a deploy which failed after it migrated may leave in the database; "" for none."""
    return ", ".join(one.name for one in coming(targets, facts))


def back_across(names: str) -> str:
    """How to go back from a deploy that has migrated; "" where it has not."""
    return f"`fab rollback --keep-schema` takes the code back; the database stays migrated by {names}" if names else ""
