"""Finds dependencies on a branch of git, which a deploy does not renew: the files that name it stay the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slipway.inventory.warning_names import named

from .committed_files import SourceTree, text
from .dependency_source import Requirements

LOCKED = ("uv", "locked", "none")
_COMMENT = re.compile(r"(?m)(?:^|\s)#.*$")
_URL = re.compile(r"(?:(?P<name>[\w.-]+)(?:\[[^]]*\])?\s*@\s*)?git\+(?P<url>[^\s\"',;]+)")
_TABLE = re.compile(r"(?P<name>[\w.\"-]+)\s*=\s*\{(?P<table>[^{}]*\bgit\s*=[^{}]*)\}")
_KEY = re.compile(r"\b(?P<key>rev|tag|branch)\s*=\s*[\"'](?P<value>[^\"']*)[\"']")
_FIXED = re.compile(r"[0-9a-f]{7,64}|(?:[\w-]*[^\w.])?v?\d+(?:\.\d+)*[\w.-]*")  # a commit, or a tag such as v1.2


def branch_notes(tree: SourceTree, requirements: Requirements) -> Iterator[str]:
    """One line for each dependency on a branch, unless a lock file says which commit is meant."""
    if requirements.kind in LOCKED:
        return
    for file in requirements.files:
        for name, branch in dict.fromkeys(_branches(text(tree, file))):
            which = f"the branch {branch} of" if branch else "the main branch of"
            told = f"{name} comes from {which} a git repository, as {file} says: a deploy renews it only when that file"
            instead = "Name a commit or a tag there, or build anew by `fab deploy --force`"
            yield named("branch-dependency", f"{told} changes. {instead}")


def _branches(content: str) -> Iterator[tuple[str, str]]:
    """Name and branch of each; "" is the default branch. Addresses are not told: they may hold passwords."""
    for match in _TABLE.finditer(_COMMENT.sub("", content)):
        said = {found["key"]: found["value"] for found in _KEY.finditer(match["table"])}
        if "tag" not in said and not _FIXED.fullmatch(said.get("rev", "")):
            yield match["name"].strip('"'), said.get("branch") or said.get("rev", "")
    for match in _URL.finditer(_COMMENT.sub("", content)):
        place, _, fragment = match["url"].partition("#")
        path, _, ref = place.partition("://")[2].partition("/")[2].partition("@")
        if not ref or not _FIXED.fullmatch(ref):
            egg = re.search(r"\begg=([\w.-]+)", fragment)
            yield match["name"] or (egg[1] if egg else path.rpartition("/")[2].removesuffix(".git")), ref
