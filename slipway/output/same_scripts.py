"""Groups hosts whose scripts differ only in values, and shortens long programs inside scripts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

from msgspec import Struct

# How slipway.shell.python writes a program into a script.
_PROGRAM = re.compile(r"<<'SLIPWAY_PROGRAM'\n(.*?)\nSLIPWAY_PROGRAM$", re.DOTALL | re.MULTILINE)
_TOKEN = re.compile(r"[\w.:@%+-]+|\W")

VALUES = 12  # with more of its own values a host's script is better read as a whole

Values = list[tuple[str, str]]


class Variant(Struct):
    """A script that some hosts have.

    Attributes:
        hosts: their names; the text is that of the first.
        instead: for each host whose text differs, the first host's words and its own in their place.
    """

    hosts: list[str]
    text: str
    instead: dict[str, Values] = {}


def variants(texts: Mapping[str, str], whole: bool = False) -> list[Variant]:
    """Bring hosts with the same script together.

    Args:
        texts: each host's script.
        whole: leave Python programs in the texts; else they are folded, see `fold`.
    """
    found: list[Variant] = []
    for host, text in texts.items():
        text = text if whole else fold(text)
        for variant in found:
            values = own_values(variant.text, text)
            if values is not None:
                variant.hosts.append(host)
                if values:
                    variant.instead[host] = values
                break
        else:
            found.append(Variant([host], text))
    return found


def own_values(ours: str, theirs: str) -> Values | None:
    """The words that make one text the other, if replacing them wherever they stand does.

    If it does not, whole lines that begin with the same word are taken for words. None: the texts are different ones.
    """
    words = _replacements(_TOKEN.findall(ours), _TOKEN.findall(theirs))
    if words is not None:
        return words
    lines = _replacements(ours.splitlines(), theirs.splitlines())
    return None if lines is None or any(_begins(old) != _begins(new) for old, new in lines) else lines


def _replacements(ours: list[str], theirs: list[str]) -> Values | None:
    if len(ours) != len(theirs):
        return None
    values = {old: new for old, new in zip(ours, theirs, strict=True) if old != new}
    found = len(values) <= VALUES and [values.get(word, word) for word in ours] == theirs
    return list(values.items()) if found else None


def _begins(line: str) -> list[str]:
    return line.split()[:1]


def fold(script: str) -> str:
    """Put one line in the place of each program of `slipway.remote` in a script."""

    def folded(match: re.Match[str]) -> str:
        name = _names().get(match[1])
        lines = match[1].count("\n") + 1
        where = f"slipway/remote/{name.replace('.', '/')}.py, " if name else ""
        return f"<<'SLIPWAY_PROGRAM' ... ({where}{lines} lines; --verbose shows it)"

    return _PROGRAM.sub(folded, script)


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    """Text of a program, as it stands in scripts, to its name."""
    from slipway.remote import program

    subjects = [folder for folder in resources.files("slipway.remote").iterdir() if folder.is_dir()]
    files = [(folder.name, file.name) for folder in subjects for file in folder.iterdir()]
    names = sorted(f"{subject}.{file[:-3]}" for subject, file in files if file.endswith(".py") and file[0] != "_")
    return {program(name).strip("\n"): name for name in names}
