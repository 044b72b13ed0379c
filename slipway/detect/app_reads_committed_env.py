"""Finds out whether the app itself reads env files that are committed, and which secrets stand in them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from .committed_files import ASIDE, SourceTree, join, text

# What reads env files, by the words that only such code has: python-dotenv, environs and django-environ, decouple,
# pydantic-settings, Starlette's Config, dynaconf.
READERS = re.compile(
    r"\b(load_dotenv|dotenv_values|read_env|read_envfile)\s*\(|\b(decouple)\b|\b(env_file)\b\s*=|[\"'](env_file)[\"']\s*:"
    r"|\b(Config)\(\s*[\"'][^\"']*\.env|\b(Dynaconf)\("
)
_ALL = re.compile(r"override\s*=\s*True|overwrite\s*=\s*True")
_SECRET = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+)?(\w*(?:SECRET|PASSWORD|PASSWD|TOKEN|PRIVATE|API_KEY)\w*)[ \t]*=[ \t]*(\S+)"
)
FILES = 2000  # of the app that are read, at most


class EnvFile(NamedTuple):
    """A committed env file that the app reads.

    Attributes:
        path: of the file. reader: what reads it and where, for people.
        secrets: names in it that look like secrets and have a value.
        wins: whether its values win over the environment's.
    """

    path: str
    reader: str
    secrets: tuple[str, ...]
    wins: bool


def env_files(tree: SourceTree, chdir: str) -> Iterator[EnvFile]:
    """Env files at the top or in the folder that the app runs in, if the app's code reads such files."""
    places = dict.fromkeys((join(chdir, ".env"), ".env", join(chdir, ".flaskenv"), ".flaskenv"))
    there = [path for path in places if path in tree.files]
    code = [*_code(tree)] if there else []
    for path in there:
        name = posixpath.basename(path)
        found = [
            (file, match)
            for file, source in code
            if (match := READERS.search(source)) and (name == ".env" or name in source)
        ]
        if found:
            file, match = found[0]
            word = next(filter(None, match.groups()))
            wins = any(_ALL.search(source) for at, source in code if at == file)
            yield EnvFile(path, f"{word} in {file}", _secrets(text(tree, path)), wins)


def _code(tree: SourceTree) -> Iterator[tuple[str, str]]:
    paths = [path for path in sorted(tree.files) if path.endswith(".py") and not ASIDE & set(path.split("/"))]
    for path in paths[:FILES]:
        yield path, text(tree, path)


def names_in(tree: SourceTree, path: str) -> Iterator[str]:
    """The names to which a file of `NAME=value` gives a value."""
    for name, value in re.findall(r"(?m)^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*[=:][ \t]*(\S*)", text(tree, path)):
        if value not in ("", "''", '""'):
            yield name


def _secrets(content: str) -> tuple[str, ...]:
    return tuple(name for name, value in _SECRET.findall(content) if value not in ("''", '""') and value[0] != "#")
