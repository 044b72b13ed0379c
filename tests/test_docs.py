"""Docs that cannot rot: what they show is parsed, loaded, rendered and looked up in the code."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from slipway.cli.list_and_help import GROUPS
from slipway.core import toml
from slipway.inventory import load
from slipway.inventory.app import App
from slipway.inventory.schema import Ssh
from slipway.render.templates import shipped_folder

ROOT = Path(__file__).resolve().parents[1]
PAGES = tuple(sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")]))
KEY = re.compile(r"(?:app|ssh)(?:\.[a-z_]+)+")  # as in prose: app.gunicorn.workers


class Block(NamedTuple):
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in re.finditer(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(page, line, match[1], match[2]))
    return [block for block in found if block.language in languages]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def spans(page: Path) -> list[str]:
    """The code spans of a page."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def messages() -> list[str]:
    """What docs/troubleshooting.md explains: the code spans of the first column."""
    rows = re.findall(r"^\| (`.+?) \| ", prose(ROOT / "docs" / "troubleshooting.md"), re.MULTILINE)
    own = [row for row in rows if "(from fab)" not in row]
    return [span for row in own for span in re.findall(r"`([^`]+)`", row)]


# Commands


def commands() -> Iterator[tuple[str, str]]:
    """(page, command line) of every fab command that is shown."""
    for block in blocks("sh"):
        for line in block.text.splitlines():
            yield from ((str(block), command) for command in fab_commands(line))
    for page in PAGES:
        for span in set(spans(page)) - set(messages()):
            yield from ((page.name, command) for command in fab_commands(span))


def fab_commands(line: str) -> Iterator[str]:
    words: list[str] = []
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
    lexer.whitespace_split = True
    try:
        tokens = list(lexer)
    except ValueError:
        return
    for word in [*tokens, ";"]:
        if set(word) <= set("|&;"):
            if words and re.fullmatch(r"(?:\./|.*/bin/)?fab", words[0]) and len(words) > 1:
                yield shlex.join(words[1:])
            words = []
        elif words or not re.fullmatch(r"[A-Z_]+=.*", word):
            words.append(word)


def parse(command: str) -> None:
    """Parse a command line as fab does.

    Raises:
        invoke.ParseError: no such task, or no such flag.
    """
    from fabric.main import program

    from slipway.cli.free_words import WordParser
    from tasks import namespace

    words = shlex.split(command)
    if words[0] == "--help":
        words = words[1:]
        assert words[0] in namespace.task_names
    WordParser(contexts=namespace.to_contexts(), initial=program.initial_context).parse_argv(words)


COMMANDS = sorted({command for _, command in commands()})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_is_shown_exists_with_its_flags(command: str) -> None:
    if command.endswith("TASK") or " -- " in command:  # stands for any task; and what fab refuses
        return
    parse(command)


def test_commands_are_found_in_the_pages() -> None:
    assert {"demo", "test", "deploy --dry", "deploy --hosts=prod", "rollback --to=RELEASE"} <= set(COMMANDS)


def test_the_page_of_all_tasks_says_what_fab_says(root: Path) -> None:
    from tasks import namespace

    page = (root / "docs" / "all-tasks.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| `([a-z.]+)` \| (.+) \|$", page, re.MULTILINE)
    tasks = {name: (namespace[name].__doc__ or "").splitlines()[0] for name in sorted(namespace.task_names)}
    assert [f"| `{name}` | {text} |" for name, text in shown] == [f"| `{n}` | {text} |" for n, text in tasks.items()]


def test_the_readme_has_the_groups_of_fab_list(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    for title, names in GROUPS.items():
        assert f"| {title} | {' '.join(f'`{name}`' for name in names)} |" in readme
    assert len(readme.splitlines()) < 150


# The inventory


def whole(given: dict[str, Any]) -> dict[str, Any]:
    """A part of an inventory with what it lacks to be one."""
    document = json.loads(json.dumps(given))
    document.setdefault("app", {}).setdefault("name", "guestbook")
    named = {host for group in document.get("groups", {}).values() for host in group["hosts"]}
    hosts = document.setdefault("hosts", {})
    for name in named or ({"web1"} if not hosts else set()):
        hosts.setdefault(name, {"address": f"{name}.example.org"})
    return dict(document)


def written(value: Any) -> str:
    """A value as TOML; a table as an inline one."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_every_inventory_that_is_shown_is_valid(block: Block, tmp_path: Path) -> None:
    document = whole(toml.parse(block.text))
    layers = [document, *document.get("groups", {}).values(), *document["hosts"].values()]
    for name in {name for layer in layers for name in layer.get("env_files", [])}:
        (tmp_path / name).write_text("SECRET_KEY=x\n", encoding="utf-8")
    text = "".join(f"{key} = {written(value)}\n" for key, value in document.items())
    (tmp_path / "inventory.toml").write_text(text, encoding="utf-8")
    assert load(tmp_path).select("all")


def is_key(path: str) -> bool:
    """Whether a dotted path such as `app.gunicorn.workers` is a key of the inventory."""
    first, *rest = path.split(".")
    kind: Any = {"app": App, "ssh": Ssh}[first]
    for step in rest:
        known = {field.name: field.type for field in msgspec.structs.fields(kind)} if is_table(kind) else {}
        if step not in known:
            return False
        kind = known[step]
    return True


def is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_key_of_the_inventory_that_is_named_exists(page: Path) -> None:
    named = {span for span in spans(page) if KEY.fullmatch(span) and not span.endswith(".py")}
    assert [key for key in sorted(named) if not is_key(key)] == []


# Templates


@pytest.mark.parametrize("block", blocks("jinja"), ids=str)
def test_every_template_that_is_shown_overrides_blocks_that_exist(block: Block) -> None:
    from jinja2 import Environment

    Environment().parse(block.text)
    match = re.match(r'{% extends "shipped/([\w.-]+)" %}', block.text)
    assert match
    shipped = (shipped_folder() / match[1]).read_text(encoding="utf-8")
    overridden = re.findall(r"{% block (\w+) %}", block.text)
    assert overridden and set(overridden) <= set(re.findall(r"{% block (\w+) %}", shipped))


# Messages


def sources() -> str:
    """All code, with literals that go on over several lines in one piece, and without escapes."""
    paths = [ROOT / "fab", *ROOT.glob("slipway/**/*.py"), *ROOT.glob("slipway/**/*.sh"), *ROOT.glob("tasks/*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(paths))
    text = re.sub(r"""(["'])\s*\n\s*f?\1""", "", text)
    return text.replace('\\"', '"').replace("\\'", "'").replace("\\`", "`").replace("\\\\", "\\")


def test_every_message_that_is_explained_can_still_appear() -> None:
    text = sources().replace("{FILE_NAME}", "inventory.toml")
    parts = [(message, part.strip()) for message in messages() for part in message.split("…")]
    gone = [message for message, part in parts if part not in text]
    assert gone == []
    assert len(messages()) > 80


# Links and files


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        if not place.exists() or (anchor and anchor not in anchors(place)):
            broken.append(target)
    assert broken == []


def test_the_paths_of_the_repository_that_architecture_lists_exist(root: Path) -> None:
    listing = next(b for b in blocks("") if b.page.name == "architecture.md" and b.text.startswith("fab "))
    assert [line for line in listing.text.splitlines() if not (root / line.split()[0]).exists()] == []


def test_the_table_of_parts_names_parts_that_exist(root: Path) -> None:
    text = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+?) +\| ", text.split("## The life of a deploy")[0], re.MULTILINE)
    names = [name.strip("/") for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(names) > 15
    places = [[root / "slipway" / name, root / "slipway" / f"{name}.py"] for name in names]
    assert [names[i] for i, some in enumerate(places) if not any(place.exists() for place in some)] == []


def test_words_that_users_search_for_are_in_the_docs() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    for word in ("revert", "disk space", "CI", "downtime", "superuser", "healthy", "restart", "prune"):
        assert re.search(rf"\b{word}", text), word
