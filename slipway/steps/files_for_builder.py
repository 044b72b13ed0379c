"""Packs the files that the account for building needs to know, and leaves out of a lock file what it has built."""

from __future__ import annotations

from slipway.core.shell import Script, join_words, sh
from slipway.model.step import Target
from slipway.steps import build_local_packages

# Leaves the packages with these names out of a pylock.toml.
LEAVE_OUT = """
function out() { if (index(names, " " name " ") == 0) printf "%s", block }
/^\\[\\[packages\\]\\]/ { out(); block = name = "" }
{ block = block $0 "\\n" }
/^name *=/ && name == "" { split($0, parts, /["\047]/); name = parts[2] }
END { out() }"""


def send(target: Target) -> Script:
    """Pack what the account for building needs to know: the files that list dependencies, and wheels of the app's own.

    `-C` holds for the names after it, so it cannot come after `--`; `./` says that a name is none of tar's options.
    What Slipway makes of a lock file comes last, and takes the place of a committed one of the same name.
    """
    needs = target.detected.requirements
    local = sh('-C "$venv.local" {{name}}', name=build_local_packages.FOLDER) if needs.local else Script("")
    locked = sh('-C "$venv.locked" {{name}}', name=locked_name(target)) if locked_name(target) else Script("")
    files = sh("{{files}}", files=[f"./{file}" for file in needs.files])
    return sh("tar -chf - -T /dev/null {{names}}", names=join_words(files, local, locked))


def locked_name(target: Target) -> str:
    """The name of the list that travels besides, of what a lock file pins; "" if there is none."""
    needs = target.detected.requirements
    if needs.kind not in ("locked", "poetry"):
        return ""
    return "pylock.toml" if needs.roots and needs.roots[0].endswith("pylock.toml") else "locked.txt"
