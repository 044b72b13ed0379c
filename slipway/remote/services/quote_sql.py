"""Quote names and texts for SQL: the only place where a value becomes part of a statement."""

from __future__ import annotations

import re


def quote_identifier(name: str) -> str:
    """Return a name as SQL has it; raise ValueError where no name can be that."""
    _refuse_nul(name)
    if not name:
        raise ValueError("an empty name")
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """Return a text as SQL has it, whatever standard_conforming_strings says."""
    _refuse_nul(text)
    quoted = "'" + text.replace("'", "''").replace("\\", "\\\\") + "'"
    return f"E{quoted}" if "\\" in text else quoted


def sql(template: str, **values: str) -> str:
    """Return a statement: [[name]] in the template stands for a value that is a name, {{name}} for one that is a text.

    KeyError is raised where a value has no place, or a place no value.
    """
    unused = set(values)

    def fill(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        unused.discard(name)
        return quote_identifier(values[name]) if match[1] else quote_literal(values[name])

    text = re.sub(r"\[\[(\w+)\]\]|\{\{(\w+)\}\}", fill, template)
    if unused:
        raise KeyError(", ".join(sorted(unused)))
    return text


def _refuse_nul(text: str) -> None:
    if "\0" in text:
        raise ValueError("a NUL byte cannot be part of a statement")
