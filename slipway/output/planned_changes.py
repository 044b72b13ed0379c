"""Shows what a deploy would change: commits, packages, migrations, configuration, environment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from slipway.model.release import short_id
from slipway.output.colours import PLAIN, Style
from slipway.output.quantities import duration, listing, plural
from slipway.output.text_width import wrap

if TYPE_CHECKING:
    from slipway.detect.classify_new_migrations import NewMigration
    from slipway.operations.compare_env import Difference
    from slipway.operations.planned_changes import CodeChange, HostChange

MOST = 10  # lines of one kind that are shown; all of them are in --json, and with --verbose
WAYS: Mapping[str, str] = MappingProxyType(
    {
        "first": "nothing runs there yet",
        "same": "the same commit",
        "forward": "forward",
        "backward": "backward, which needs --allow-backwards",
        "sideways": "to another branch, which needs --allow-backwards",
        "unknown": "what runs is not in the repository here, so the two cannot be compared",
        "shallow": "the repository here lacks a part of the history, so the two cannot be compared",
    }
)
CLASSES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "safe": ("safe beside the old code", "green"),
        "breaks": ("breaks the old code", "red"),
        "locks": ("locks the table", "yellow"),
        "unknown": ("cannot be classed", "yellow"),
    }
)


def planned_changes(
    found: Mapping[str, HostChange], env: Sequence[Difference], drift: Mapping[str, Sequence[str]], new: str, *,
    verbose: bool = False, style: Style = PLAIN, width: int | None = None,
) -> list[str]:  # fmt: skip
    """Draw what a deploy would change.

    Args:
        found: by host. env: names of the environment that differ. drift: by host, what is wrong with it now.
        new: the release's commit, in short. verbose: everything, instead of the first lines of each kind.
        width: of the terminal; None: nothing is wrapped.
    """
    most = None if verbose else MOST
    lines = list(_hosts(found, drift, new, style))
    for code, hosts in _codes(found):
        lines += _code(code, "" if len(hosts) == len(found) else f" ({listing(hosts)})", most, style)
    lines += _configuration(found, most, style)
    lines += _env(env, list(found), style)
    lines += ["", *_end(found, env)]
    return [piece for line in lines for piece in (wrap(line, width) if line and line[0] not in "+-@ " else [line])]


def anything(found: Mapping[str, HostChange], env: Sequence[Difference]) -> bool:
    """Whether a deploy would change anything."""
    return any(not host.nothing for host in found.values()) or any(one.change != "differs" for one in env)


def _hosts(
    found: Mapping[str, HostChange], drift: Mapping[str, Sequence[str]], new: str, style: Style
) -> Iterator[str]:
    for name, host in found.items():
        runs = short_id(host.release) if host.release else "nothing deployed"
        what = f"{runs}, nothing to do" if host.nothing else f"{runs} {style.arrow} {new}"
        yield f"{style.paint(name, 'bold')}  {what}"
        for trouble in drift.get(name, ()):
            yield f"  {style.paint('note:', 'bold yellow')} {trouble}"


def _codes(found: Mapping[str, HostChange]) -> list[tuple[CodeChange, list[str]]]:
    """Each change of the code once, with its hosts."""
    groups: list[tuple[CodeChange, list[str]]] = []
    for name, host in found.items():
        if host.code is None:
            continue
        same = next((hosts for code, hosts in groups if code == host.code), None)
        if same is None:
            groups.append((host.code, [name]))
        else:
            same.append(name)
    return groups


def _code(code: CodeChange, where: str, most: int | None, style: Style) -> Iterator[str]:
    counts = [f"{plural(code.ahead, 'commit')} to come"] if code.ahead else []
    counts += [f"{plural(code.behind, 'commit')} taken back"] if code.behind else []
    yield from _heading(f"Code{where}", style)
    yield f"{', '.join([*counts, WAYS[code.way]])}"
    yield from _some([f"  {style.paint('+', 'green')} {_commit(one)}" for one in code.commits], most)
    yield from _some([f"  {style.paint('-', 'red')} {_commit(one)}" for one in code.taken_back], most)
    if code.files:
        kinds = Counter(one.change for one in code.files)
        told = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
        yield f"{plural(len(code.files), 'file')}: {told}"
        yield from _some([f"  {one.change:<8} {one.path}" for one in code.files], most)
    if code.packages:
        yield from _heading(f"Packages{where}", style)
        yield from _some([f"  {one.name}: {_version(one.before, one.after, style)}" for one in code.packages], most)
    if code.migrations:
        yield from _heading(f"Migrations{where}, new in this commit", style)
        yield from _migrations(code.migrations, style)


def _commit(one: Sequence[str]) -> str:
    hash, author, when, subject = one
    return f"{hash[:7]} {when[:10]} {author}: {subject}"


def _version(before: str, after: str, style: Style) -> str:
    if before and after:
        return f"{before} {style.arrow} {after}"
    return f"{after} (new)" if after else f"{before} (no longer needed)"


def _migrations(found: Sequence[NewMigration], style: Style) -> Iterator[str]:
    for migration in found:
        yield f"  {style.paint(migration.name, 'bold')}"
        for operation in migration.operations:
            words, look = CLASSES[operation.kind]
            why = f": {operation.why}" if operation.why else ""
            yield f"    {operation.what}  {style.paint(words, look)}{why}"


def _configuration(found: Mapping[str, HostChange], most: int | None, style: Style) -> Iterator[str]:
    """Each diff once, with its hosts; none for hosts that have nothing yet."""
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, host in found.items():
        for file, diff in host.configuration.items() if host.release else ():
            groups.setdefault((file, tuple(diff)), []).append(name)
    for (file, diff), hosts in groups.items():
        where = "" if len(hosts) == len(found) else f" ({listing(hosts)})"
        yield from _heading(f"{_config_name(file, diff)}{where}", style)
        whole = _kind(diff) == "changed" or most is None
        shown = diff if whole else [line for line in diff if line[1:].startswith("command=")]
        yield from _some([style.paint(line, _look(line)) for line in shown], most and 3 * most)


def _config_name(file: str, diff: Sequence[str]) -> str:
    process = file.removesuffix(".program")
    return f"Configuration: {file}" if process == file else f"Process {process}: {_kind(diff)}"


def _kind(diff: Sequence[str]) -> str:
    signs = {line[0] for line in diff if line[:1] in "+-"}
    return "new" if signs == {"+"} else "removed" if signs == {"-"} else "changed"


def _look(line: str) -> str:
    return {"+": "green", "-": "red", "@": "dim"}.get(line[:1], "")


def _env(found: Sequence[Difference], hosts: Sequence[str], style: Style) -> Iterator[str]:
    if found:
        yield from _heading("Environment (names; values stay hidden)", style)
    for one in found:
        where = "" if set(one.hosts) == set(hosts) else f" ({listing(one.hosts)})"
        yield f"  {one.name}: {one.change}{where}"


def _end(found: Mapping[str, HostChange], env: Sequence[Difference]) -> Iterator[str]:
    if not anything(found, env):
        yield "a deploy has nothing to do: every host serves this already"
        return
    took = [host.seconds for host in found.values() if host.seconds is not None]
    usual = f"; earlier deploys took about {duration(max(took))}" if took else ""
    changing = [name for name, host in found.items() if not host.nothing] or list(found)
    yield f"a deploy would change {listing(changing)}{usual}"


def _heading(text: str, style: Style) -> list[str]:
    return ["", style.paint(text, "bold")]


def _some(lines: Sequence[str], most: int | None) -> list[str]:
    """The first lines, and how many more there are."""
    if most is None or len(lines) <= most + 1:
        return list(lines)
    return [*lines[:most], f"  and {len(lines) - most} more (--verbose shows them)"]
