"""Finds the app that an .ini file of PasteDeploy describes, as Pyramid's projects have it."""

from __future__ import annotations

import configparser
import posixpath
from typing import NamedTuple

from .committed_files import SourceTree, join, text

USUAL = ("production.ini", "paste.ini", "deploy.ini", "app.ini")


class Ini(NamedTuple):
    """A file that describes an app, and the callable that loads it."""

    path: str
    target: str


def find(tree: SourceTree, folder: str) -> Ini | None:
    """The .ini file in a folder that is meant for production, by its name."""
    for name in USUAL:
        path = join(folder, name)
        if path in tree.files and _describes_app(text(tree, path)):
            return Ini(path, f"pyramid.paster:get_app('{posixpath.basename(path)}')")
    return None


def _describes_app(content: str) -> bool:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(content)
    except configparser.Error:
        return False
    return any(section.partition(":")[0] in ("app", "composite", "pipeline") for section in parser.sections())
