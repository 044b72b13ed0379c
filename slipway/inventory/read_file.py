"""Finds inventory.toml, reads it, and makes its hosts."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.core import toml
from slipway.core.errors import UsageError

from .describe_problem import Place, check_name, convert, suggest
from .merge_layers import Layer, layer
from .resolve_hosts import Entry
from .schema import Document, Group, HostTable

FILE_NAME = "inventory.toml"
VARIABLE = "SLIPWAY_INVENTORY"
EVERYTHING = "all"


def find(path: Path | None = None) -> Path:
    """The inventory to use: `path`, else what SLIPWAY_INVENTORY names, else inventory.toml here or above.

    Raises:
        UsageError: there is none.
    """
    given = path or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if given:
        given = Path.cwd() / given.expanduser()
        return given / FILE_NAME if given.is_dir() else given
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    raise UsageError(
        f"no {FILE_NAME} in {Path.cwd()} or any folder above it",
        hint=f"Change into the folder that has it, or set {VARIABLE} to its path.",
    )


def parse(path: Path, label: str) -> dict[str, Any]:
    """Read TOML. Raises UsageError: the file cannot be read or is no TOML (with line and column)."""
    try:
        return toml.parse(path.read_text(encoding="utf-8-sig"))  # editors on Windows put a mark at the start
    except UnicodeDecodeError:
        raise UsageError(f"{label}: is not UTF-8 text", hint="Save it as UTF-8.") from None
    except OSError as error:
        raise UsageError(
            f"{label}: cannot be read ({error.strerror})", hint="Check its path, and who may read it."
        ) from None
    except ValueError as error:
        match = re.fullmatch(r"(?P<what>.*) \(at (?P<where>.*)\)", str(error))
        what, where = (match["what"], match["where"]) if match else (str(error), "")
        what = what.replace("Cannot overwrite a value", "this key is there twice")
        what = re.sub(r"Cannot declare (\(.*\)) twice", "this table is there twice", what)
        hint = "Fix that place: the file is not valid TOML (https://toml.io)."
        raise UsageError(": ".join(part for part in (label, where, what) if part), hint=hint) from None


class Tables:
    """The file's tables, each checked on its own."""

    def __init__(self, raw: dict[str, Any], label: str, folder: Path) -> None:
        self.place = Place(label)
        self.folder = folder
        self.document = convert(raw, Document, self.place)
        if "name" not in self.document.app:
            raise (self.place / "app.name").error("is missing")
        self.groups = self._named("groups", self.document.groups, Group)
        self.hosts = self._named("hosts", self.document.hosts, HostTable)
        if not self.groups and not self.hosts:
            raise self.place.error("has no hosts; add [hosts.NAME] with an address")
        self.top = layer(self.place, self.document, folder)
        self.layers: dict[str, Layer] = {
            key: layer(self.place / key, table, folder)
            for kind, named in (("groups", self.groups), ("hosts", self.hosts))
            for key, table in ((f"{kind}.{name}", table) for name, table in named.items())
        }
        self.lab_hosts = tuple(dict.fromkeys(n for g in self.groups.values() if g.lab for n in g.hosts))
        self._check_names()

    def _named(self, key: str, raw: Mapping[str, Any], kind: type[Any]) -> dict[str, Any]:
        place = self.place / key
        for name in raw:
            check_name(name, place / name)
            if name == EVERYTHING:
                raise (place / name).error(f"'{EVERYTHING}' always means every host; choose another name")
        return {name: convert(table, kind, place / name) for name, table in raw.items()}

    def _check_names(self) -> None:
        for name, group in self.groups.items():
            if name in self.hosts or name in self.lab_hosts:
                raise (self.place / f"groups.{name}").error("is the name of a host, too; choose another")
            for index, host in enumerate(group.hosts):
                if host not in self.hosts and host not in self.lab_hosts:
                    at = (self.place / f"groups.{name}.hosts").item(index)
                    raise at.error(f"unknown host '{host}'{suggest(host, self.hosts)}")
        for name, table in self.hosts.items():
            for index, role in enumerate(table.roles):
                if role in self.groups or role in self.hosts or role in self.lab_hosts or role == EVERYTHING:
                    at = (self.place / f"hosts.{name}.roles").item(index)
                    raise at.error(f"'{role}' names something else already; choose another")

    def entries(self) -> list[Entry]:
        """All hosts in the order of the file; the lab's, which need no table, come first."""
        state: Mapping[str, Any] = {}
        if self.lab_hosts:
            from slipway.lab.state import load_state

            state = load_state(self.folder / ".lab")
        names = [*(name for name in self.lab_hosts if name not in self.hosts), *self.hosts]
        return [self._entry(name, state) for name in names]

    def _entry(self, name: str, state: Mapping[str, Any]) -> Entry:
        groups = tuple(group for group, table in self.groups.items() if name in table.hosts)
        table = self.hosts.get(name, HostTable())
        own = (self.layers[f"hosts.{name}"],) if name in self.hosts else ()
        return Entry(
            name=name,
            table=table,
            groups=groups,
            layers=(self.top, *(self.layers[f"groups.{group}"] for group in groups), *own),
            number=self.lab_hosts.index(name) + 1 if name in self.lab_hosts else 0,
            lab=state.get(name) if name in self.lab_hosts else None,
        )
