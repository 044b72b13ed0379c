"""Reads which variables an app's authors name in files for people: .env.example and its like, and app.json."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from .committed_files import SourceTree, join, text
from .env_reads import Variable

_FILES = re.compile(
    r"\.?env[.-](example|sample|template|dist|default)|(example|sample)\.env|\.env\.[a-z]+\.(example|sample)"
)
_LINE = re.compile(r"#?\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=(.*)")


def named_in_examples(tree: SourceTree, chdir: str) -> Iterator[Variable]:
    """The variables, each with file and line; whether the app needs them is not known."""
    for folder in dict.fromkeys((chdir, "")):
        for path in sorted(tree.files):
            inside = path.removeprefix(join(folder, ""))
            if path.startswith(join(folder, "")) and "/" not in inside and _FILES.fullmatch(inside):
                yield from _lines(path, text(tree, path))
        if join(folder, "app.json") in tree.files:
            yield from _app_json(join(folder, "app.json"), text(tree, join(folder, "app.json")))


def _lines(path: str, content: str) -> Iterator[Variable]:
    for number, line in enumerate(content.splitlines(), 1):
        if match := _LINE.fullmatch(line.strip()):
            yield Variable(match[1], path, number, "optional" if line.lstrip().startswith("#") else "perhaps")


def _app_json(path: str, content: str) -> Iterator[Variable]:
    try:
        document = json.loads(content)
    except ValueError:
        return
    env = document.get("env") if isinstance(document, dict) else None
    for name, about in env.items() if isinstance(env, dict) else ():
        number = next((n for n, line in enumerate(content.splitlines(), 1) if f'"{name}"' in line), 1)
        about = about if isinstance(about, dict) else {"value": about}
        needed = about.get("required", True) and not about.get("value")
        yield Variable(str(name), path, number, "perhaps" if needed else "optional", json.dumps(about.get("value", "")))
