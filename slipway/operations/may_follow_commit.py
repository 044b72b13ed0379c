"""Decides whether a deploy may go from the commit that runs to the one that comes, and says what that means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slipway.core.errors import SlipwayError
from slipway.model.release import RELEASE_ID
from slipway.model.step import Facts, Target
from slipway.source.ancestry import Move, move

FLAG = "--allow-backwards"


def moves(targets: Sequence[Target], facts: Mapping[str, Facts]) -> dict[str, Move]:
    """From which commit to which each host goes, by its name; hosts without a release, or that stay, have none.

    Args:
        facts: what each host said in the survey: `current`, the release that runs there.
    """
    known: dict[tuple[object, str, str], Move] = {}
    found = {}
    for target in targets:
        told = facts.get(target.host.name, {})
        running = told.get("current", "")
        if running and told.get("same") != "yes":
            key = (target.source.folder, commit_of(running), target.release.commit)
            if key not in known:
                known[key] = move(target.source.folder, key[1], key[2]) if key[1] else Move("unknown")
            found[target.host.name] = known[key]
    return found


def commit_of(release: str) -> str:
    """The short commit in the id of a release; "" where it is no such id, since git would read it as anything."""
    return release.split("-")[2] if RELEASE_ID.fullmatch(release) else ""


def allow(
    targets: Sequence[Target], facts: Mapping[str, Facts], found: Mapping[str, Move], *, named: bool, backwards: bool
) -> None:
    """Stop a deploy that would take commits back without a word of the user's.

    Args:
        named: whether the user named the commit by --ref. backwards: whether he said --allow-backwards.

    Raises:
        SlipwayError: what runs on a host is not contained in what comes; nothing was changed.
    """
    fine = {"same", "forward"} | ({"backward"} if named else set())
    bad = {host: one for host, one in found.items() if one.way not in fine}
    if not bad or backwards:
        return
    host, worst = next(iter(bad.items()))
    target = next(target for target in targets if target.host.name == host)
    old, new = commit_of(facts[host]["current"]), target.release.commit[:7]
    where = ", ".join(bad)
    latest = f" ({_quoted(worst.taken_back)})" if worst.taken_back else ""
    if worst.way in ("unknown", "shallow"):
        what = f"{old} runs on {where}, and this clone does not have it: what {new} would take back is not known"
        if worst.way == "shallow":
            what = f"{old} runs on {where}, and this clone is shallow: whether {new} contains it is not known"
        cure = "git fetch --unshallow (in CI: fetch the whole history)" if worst.way == "shallow" else "git fetch --all"
        raise SlipwayError(what, hint=f"`{cure}`, then deploy again; or add {FLAG}. Nothing was changed.")
    if worst.way == "backward":
        what = f"{new} is older than {old}, which runs on {where}: it would take back {_commits(worst.behind)}{latest}"
        raise SlipwayError(what, hint=f"Name it by --ref={new} if you mean it, or add {FLAG}. Nothing was changed.")
    what = f"{new} does not contain {old}, which runs on {where}: it would take back {_commits(worst.behind)}{latest}"
    raise SlipwayError(what, hint=f"Merge or rebase first, or add {FLAG} if you mean it. Nothing was changed.")


def in_words(found: Mapping[str, Move], facts: Mapping[str, Facts], new: str) -> dict[str, str]:
    """From where to where each host goes, as people read it: `from abc1234 to def5678, 3 commits`."""
    return {host: f"from {_running(facts[host]['current'])} to {new[:7]}, {_far(one)}" for host, one in found.items()}


def for_history(found: Mapping[str, Move], facts: Mapping[str, Facts]) -> dict[str, dict[str, Any]]:
    """What the history of each host keeps of it: numbers are null where they are not known."""
    return {
        host: {
            "from": commit_of(facts[host]["current"]),
            "commits": None if one.way in ("unknown", "shallow") else one.ahead,
            "taken_back": None if one.way in ("unknown", "shallow") else one.behind,
        }
        for host, one in found.items()
    }


def _far(one: Move) -> str:
    if one.way == "same":
        return "the same commit"
    if one.way in ("unknown", "shallow"):
        return "how many commits is not known here"
    back = f"takes back {_commits(one.behind)} ({_quoted(one.taken_back)})" if one.behind else ""
    return " and ".join(part for part in (_commits(one.ahead) if one.ahead else "", back) if part)


def _running(release: str) -> str:
    return f"{commit_of(release)} with uncommitted work" if release.endswith("-dirty") else commit_of(release)


def _commits(number: int) -> str:
    return f"{number} commit{'' if number == 1 else 's'}"


def _quoted(subjects: Sequence[str]) -> str:
    return ", ".join(f'"{subject if len(subject) <= 50 else subject[:47] + "..."}"' for subject in subjects)
