"""Refuses what a commit must not hold: links that lead out of the app's folder, and compiled bytecode.

The account that deploys may enter the folders of all apps, so a link in a commit must not take it to another app's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from slipway.core.errors import UsageError
from slipway.detect.committed_files import parents
from slipway.source import Source
from slipway.source.commit_files import Opened

_BYTECODE = "__pycache__"  # where Python keeps it, beside the source
_MOST_LINKS = 40  # links that Linux follows in one path


def refuse_committed(source: Source, opened: Opened) -> None:
    """Look at all paths of the commit.

    Raises:
        UsageError: one of them is a link out of the app's folder, or lies in `__pycache__`.
    """
    for entry in source.entries:
        if _BYTECODE in entry.path and (place := bytecode_folder(entry.path)):
            raise UsageError(
                f"{place} is committed, and Python would run what is in it instead of the source",
                hint=f"Take it out of the repository (git rm -r --cached {place}), and list {_BYTECODE}/ "
                "in .gitignore.",
            )
    if not source.links:
        return
    targets = opened.link_targets(source)
    folders = {folder for entry in source.entries for folder in parents(entry.path)}
    for link, to in targets.items():
        if leads_out(link, targets, folders):
            raise UsageError(
                f"{link} is a committed link that leads out of the app's folder ({to})",
                hint=f"Commit the file itself, or take the link out of the repository (git rm --cached {link}). "
                "What outlives releases is linked by app.linked_dirs and app.linked_files.",
            )


def bytecode_folder(path: str) -> str:
    """The part of a path that ends with `__pycache__`; empty if there is none."""
    found = re.match(rf"(?:.*?/)?{_BYTECODE}(?=/|$)", path, re.DOTALL)
    return found[0] if found else ""


def leads_out(link: str, targets: Mapping[str, str], folders: Collection[str]) -> bool:
    """Whether a link may lead to a place outside of the tree, by way of other links or not.

    A way up is believed only from a folder of the commit: another one may be a link by the time the release is used.

    Args:
        targets: where each link of the tree leads. folders: all folders of the tree.
    """
    above, _, name = link.rpartition("/")
    here, rest, followed = above.split("/") if above else [], [name], 0
    while rest:
        part = rest.pop()
        path = "/".join([*here, part])
        if part in ("", "."):
            continue
        if part == "..":
            if not here or "/".join(here) not in folders:
                return True
            here.pop()
        elif path in targets:
            followed += 1
            if targets[path].startswith("/"):
                return True
            if followed > _MOST_LINKS:
                return False  # no system follows that many
            rest += reversed(targets[path].split("/"))
        else:
            here.append(part)
    return False
