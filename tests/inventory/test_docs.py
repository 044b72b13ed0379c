"""The schema, the annotated inventory.toml and docs/inventory.md list the same keys with the same defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from slipway.core import toml
from slipway.inventory import load
from slipway.inventory.app import App, Backup, BackupStore, Build, File, Gunicorn, Logs, Nginx, Process, Schedule
from slipway.inventory.hook import Hook
from slipway.inventory.limits import Limits
from slipway.inventory.notify import Notify
from slipway.inventory.schema import Document, Group, HostTable, Ssh
from slipway.inventory.service_tables import ServiceTable
from slipway.inventory.table import Table
from slipway.inventory.tls import Tls

TABLES = (
    ("", Document),
    ("app", App),
    ("app.build", Build),
    ("app.gunicorn", Gunicorn),
    ("app.nginx", Nginx),
    ("app.logs", Logs),
    ("app.limits", Limits),
    ("app.backup", Backup),
    ("app.backup.to.NAME", BackupStore),
    ("app.tls", Tls),
    ("app.hooks", Hook),
    ("app.notify", Notify),
    ("app.files.PATH", File),
    ("app.processes.NAME", Process),
    ("app.schedules.NAME", Schedule),
    ("services.NAME", ServiceTable),
    ("ssh", Ssh),
    ("groups.NAME", Group),
    ("hosts.NAME", HostTable),
)
SUBTABLES = frozenset(
    {"app", "env", "services", "ssh", "groups", "hosts", "app.tls"}
    | {
        f"app.{name}"
        for name in (
            *(
                "backup",
                "backup.to",
                "build",
                "files",
                "gunicorn",
                "hooks",
                "limits",
                "nginx",
                "logs",
                "notify",
                "once",
                "processes",
            ),
            "schedules",
        )
    }
)
UNSET = object()


class Line(NamedTuple):
    """A key in inventory.toml: live, or shown in a comment."""

    table: str
    key: str
    value: Any
    live: bool
    comment: str


def default(field: Any) -> Any:
    """A field's default as TOML would spell it; UNSET if it is required or decided elsewhere."""
    value = field.default
    if field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    if value is None or value is msgspec.NODEFAULT or isinstance(value, Table) or (field.name, value) == ("user", ""):
        return UNSET
    return {"Path": str, "PosixPath": str, "tuple": list}.get(type(value).__name__, lambda same: same)(value)


def keys() -> Iterator[tuple[str, str, Any]]:
    """Every key of the schema: its table, its name, its default."""
    for table, kind in TABLES:
        for field in msgspec.structs.fields(kind):
            yield table, field.name, default(field)


def documented(root: Path) -> dict[tuple[str, str], str]:
    """The keys of docs/inventory.md with the text of their default."""
    found: dict[tuple[str, str], str] = {}
    table = None
    for line in (root / "docs" / "inventory.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = re.match(r"## (?:\[(.*)\]|The top of the file)$", line)
            table = (heading[1] or "") if heading else None
        row = re.match(r"\| `(\w+)` +\| (.*?) *\| ", line)
        if row and table is not None:
            found[table, row[1]] = row[2]
    return found


def shipped(root: Path) -> Iterator[Line]:
    """The keys of inventory.toml, those in comments too."""
    table = ""
    for line in (root / "inventory.toml").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"(?:# )?\[\[?([a-z0-9./\"]+)\]", line):
            tables = r"groups|hosts|services|app\.processes|app\.schedules|app\.backup\.to"
            table = re.sub(rf"^({tables})\.\w+", r"\1.NAME", heading[1])
            table = re.sub(r'^app\.files\."[^"]+"', "app.files.PATH", table)
        elif pair := re.match(r"(# )?([a-z_]+) = (.*?)(?: +# (.*))?$", line):
            yield Line(table, pair[2], toml.parse(f"value = {pair[3]}")["value"], not pair[1], pair[4] or "")


def test_the_reference_documents_every_key_and_no_other(root: Path) -> None:
    assert list(documented(root)) == [(table, key) for table, key, _ in keys()]


def test_the_reference_has_the_defaults_of_the_schema(root: Path) -> None:
    written = documented(root)
    for table, key, value in keys():
        text = written[table, key]
        if value is UNSET:
            assert not text.startswith("`") or "." in text, (table, key)
        else:
            assert toml.parse(f"value = {text.strip('`')}")["value"] == value, (table, key)


def test_the_examples_of_the_reference_are_valid(root: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (root / "docs" / "inventory.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        (tmp_path / "inventory.toml").write_text(block, encoding="utf-8")
        assert load(tmp_path).hosts


def test_the_shipped_file_shows_every_key(root: Path) -> None:
    lines = {(line.table, line.key) for line in shipped(root)}
    missing = [
        (table, key)
        for table, key, _ in keys()
        if (table, key) not in lines and f"{table}.{key}".lstrip(".") not in SUBTABLES
    ]
    assert missing == []


def test_the_shipped_file_shows_no_key_that_does_not_exist(root: Path) -> None:
    known = {(table, key) for table, key, _ in keys()}
    free = {"env", "app.once", "app.processes", "app.schedules"}  # names here are the user's
    assert [line for line in shipped(root) if (line.table, line.key) not in known and line.table not in free] == []


def test_the_shipped_file_explains_each_key_where_it_first_stands(root: Path) -> None:
    first: dict[tuple[str, str], Line] = {}
    for line in shipped(root):
        first.setdefault((line.table, line.key), line)
    own = {("env", "LANG"), ("app.processes", "ticker")}
    assert [line for at, line in first.items() if not line.comment and at not in own] == []


def test_the_shipped_file_shows_or_says_every_default(root: Path) -> None:
    defaults = {(table, key): value for table, key, value in keys()}
    needed = {
        (table, key) for table, key, value in keys() if value is UNSET and "required" in documented(root)[table, key]
    }
    needed |= {("app", "name"), ("groups.NAME", "hosts")}
    told: set[tuple[str, str]] = set(needed)
    for line in shipped(root):
        at = (line.table, line.key)
        value = defaults.get(at, {})
        if line.value == value or isinstance(value, dict) or "default" in line.comment:
            told.add(at)
        else:
            assert at in told, f"{line} is not the default {value!r}, and does not say so"


def test_the_shipped_file_stays_valid_with_every_comment_taken_away(root: Path, tmp_path: Path) -> None:
    text = (root / "inventory.toml").read_text(encoding="utf-8")
    # Either interface serves, one issuer signs, wheels have to be sent, a file is a template or not, a process a
    # command or a table, a service is made or external, and of one kind.
    text = re.sub(r"(?m)^# (?:asgi|template|wheels|memory|acme|certificate|key) = .*\n", "", text)
    text = re.sub(r'(?m)^# url = "postgresql:.*\n', "", text)
    whole = re.sub(r"(?m)^# (?=\[|[a-z_]+ = )", "", text)
    for name in re.findall(r'"([\w.]+\.env)"', whole):
        (tmp_path / name).write_text("SECRET_KEY=x\n", encoding="utf-8")
    (tmp_path / "key").touch()
    whole = re.sub(r'"~/[^"]*"', '"key"', whole)
    (tmp_path / "inventory.toml").write_text(whole, encoding="utf-8")
    inventory = load(tmp_path)
    assert [host.name for host in inventory.select("prod")] == ["web1", "web2"]
    assert inventory.hosts["web1"].app.gunicorn.workers == 8
    assert inventory.hosts["web2"].app.https


@pytest.mark.parametrize("name", ["lab1", "lab2"])
def test_the_shipped_file_deploys_the_example_to_the_lab(root: Path, name: str) -> None:
    inventory = load(root / "inventory.toml")
    host = {host.name: host for host in inventory.select("")}[name]
    assert host.lab
    assert (host.app.source / "manage.py").is_file()
    assert set(host.env) >= {"SECRET_KEY"}
    assert inventory.lab == ("lab1", "lab2")
