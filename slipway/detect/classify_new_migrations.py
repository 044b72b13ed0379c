"""Reads the migrations that a commit adds, and classes their operations: safe, breaks the old code, or locks tables.

The classes are those of strong_migrations, django-migration-linter and Django's documentation of schema changes: what
matters is that the old release still runs while the new one migrates, and runs again after a rollback.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Literal, NamedTuple

from .committed_files import SourceTree, parse, text

Class = Literal["safe", "breaks", "locks", "unknown"]
_DJANGO = re.compile(r"(?:(?P<folder>.*)/)?migrations/(?P<name>\w+)\.py")
_ALEMBIC = re.compile(r"(?:.*/)?versions/\w+\.py")
_ALEMBIC_HEAD = re.compile(r"(?m)^revision(?:\s*:\s*str)?\s*=\s*['\"](?P<id>[^'\"]+)['\"]")
_SAFE = frozenset(
    {"CreateModel", "AlterModelOptions", "AlterModelManagers", "AlterModelTableComment", "AddIndexConcurrently",
     "RemoveIndexConcurrently", "RemoveIndex", "RenameIndex", "AlterOrderWithRespectTo", "CreateExtension"}
)  # fmt: skip
_BREAKS = MappingProxyType(
    {
        "RemoveField": "the old code still reads the column",
        "DeleteModel": "the old code still uses the table",
        "RenameField": "the old code uses the old name of the column",
        "RenameModel": "the old code uses the old name of the table",
        "AlterModelTable": "the old code uses the old name of the table",
    }
)
_LOCKS = MappingProxyType(
    {
        "AddIndex": "writes to the table wait until the index is built",
        "AlterField": "a change of the type rewrites the table, and nobody can use it meanwhile",
        "AddConstraint": "all rows are checked, and writes wait meanwhile; the old code may write what it forbids",
        "AlterUniqueTogether": "writes to the table wait until the index is built",
        "AlterIndexTogether": "writes to the table wait until the index is built",
    }
)


class MigrationOperation(NamedTuple):
    """One operation of a migration: such as `RemoveField entry.author`, its class, and why it has that class."""

    what: str
    kind: Class
    why: str = ""


class NewMigration(NamedTuple):
    """A migration that the commit adds: such as `blog.0003_author`, its file, and its operations in their order."""

    name: str
    path: str
    operations: tuple[MigrationOperation, ...]


def in_words(migration: NewMigration, kind: Class) -> str:
    """The operations of one class, in a line; "" if it has none."""
    found = [f"{one.what}, {one.why}" for one in migration.operations if one.kind == kind]
    return f"{migration.name}: {'; '.join(found)}" if found else ""


def new_migrations(tree: SourceTree, added: Iterable[str]) -> list[NewMigration]:
    """The migrations of Django and Alembic among the files that a commit adds.

    Args:
        added: paths in the tree.
    """
    found = (_django(tree, path) or _alembic(tree, path) for path in sorted(added))
    return [one for one in found if one]


def _django(tree: SourceTree, path: str) -> NewMigration | None:
    match = _DJANGO.fullmatch(path)
    module = parse(tree, path) if match and match["name"] != "__init__" else None
    body = next((_operations(node) for node in module.body if _is_migration(node)), None) if module else None
    if match is None or body is None:
        return None
    label = (match["folder"] or "").rpartition("/")[2]
    return NewMigration(f"{label}.{match['name']}" if label else match["name"], path, tuple(map(_classed, body)))


def _alembic(tree: SourceTree, path: str) -> NewMigration | None:
    head = _ALEMBIC_HEAD.search(text(tree, path)) if _ALEMBIC.fullmatch(path) else None
    return NewMigration(f"alembic {head['id']}", path, ()) if head else None


def _is_migration(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef) and node.name == "Migration"


def _operations(node: ast.stmt) -> list[ast.Call]:
    """The calls in the list `operations` of a migration, those within SeparateDatabaseAndState among them."""
    for statement in getattr(node, "body", []):
        if isinstance(statement, ast.Assign) and any(ast.unparse(one) == "operations" for one in statement.targets):
            return list(_calls(statement.value))
    return []


def _calls(node: ast.expr | None) -> Iterator[ast.Call]:
    for item in node.elts if isinstance(node, (ast.List, ast.Tuple)) else ():
        if isinstance(item, ast.Call) and _name(item) == "SeparateDatabaseAndState":
            yield from _calls(_argument(item, "database_operations", 0))
        elif isinstance(item, ast.Call):
            yield item


def _classed(call: ast.Call) -> MigrationOperation:
    name = _name(call)
    what = name if name.startswith("Run") else f"{name} {_subject(call)}".rstrip()
    if name in _BREAKS:
        return MigrationOperation(what, "breaks", _BREAKS[name])
    if name == "AddField":
        return MigrationOperation(what, *_added_field(_argument(call, "field", 2)))
    if name in _LOCKS:
        return MigrationOperation(what, "locks", _LOCKS[name])
    if name in _SAFE:
        return MigrationOperation(what, "safe")
    return MigrationOperation(what, "unknown", "only its author knows what it does to the data and to the old code")


def _added_field(field: ast.expr | None) -> tuple[Class, str]:
    """The class of AddField: the old code names no value for the new column, and Django keeps no default for it."""
    if not isinstance(field, ast.Call):
        return "unknown", "its field cannot be read"
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in field.keywords}
    if _name(field).endswith("ManyToManyField") or given.get("null") == "True" or "db_default" in given:
        return "safe", ""
    return "breaks", "the old code inserts rows without the column, which has no default in the database (db_default)"


def _subject(call: ast.Call) -> str:
    model, name = (
        _text(_argument(call, "model_name", 0)),
        _text(_argument(call, "name", 1 if len(call.args) > 1 else 0)),
    )
    parts = [part for part in (model, name if name != model else "") if part]
    return ".".join(parts) or _text(_argument(call, "old_name", 0))


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _argument(call: ast.Call, name: str, place: int) -> ast.expr | None:
    named = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    return named or (call.args[place] if len(call.args) > place else None)


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
