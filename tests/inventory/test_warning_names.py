"""Every note has a name of the list, every name is used, and the docs have the same list."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.inventory import load
from slipway.inventory.warning_names import NOTES, RISKS, AllowedRisk, NoteName, name_of, named
from slipway.model.outcome import HostOutcome, Outcome
from slipway.model.step import Plan
from slipway.output.operation_words import Headings
from slipway.output.outcome_report import report

PYTHON = re.compile(
    r"notes\.append\(\[\"([^\"]+)\"|"
    r"\b(?:note|named)\(\s*\"([^\"]+)\"|found\.append\(\[\"([^\"]+)\"|return \[\[\"([^\"]+)\""
)


def names_in_source(root: Path) -> set[str]:
    """The first word of each note."""
    found = {"debug", "secret-key", "database"}  # chosen by `allowed`; given to `in_use`
    for path in [*root.joinpath("slipway").rglob("*.py"), *root.joinpath("tasks").glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        found |= {name for match in PYTHON.findall(text) for name in match if name}
        if path.parent.name in ("steps", "provision", "services", "render"):
            found |= set(re.findall(r'(?m)(?:^|[;|&] *|then |\) |")\s*note ([a-z-]+) +["{\\\\]', text))
    return found


def test_every_note_has_a_name_of_the_list_and_every_name_is_used(root: Path) -> None:
    assert names_in_source(root) == set(NOTES)


def test_the_types_have_the_names_of_the_lists() -> None:
    assert typing.get_args(NoteName) == tuple(NOTES)
    assert typing.get_args(AllowedRisk) == tuple(RISKS)


@pytest.mark.parametrize(("heading", "names"), [("Notes", NOTES), ("Risks", RISKS)])
def test_the_docs_have_the_same_list(root: Path, heading: str, names: dict[str, str]) -> None:
    text = root.joinpath("docs", "inventory.md").read_text(encoding="utf-8")
    section = text.split(f"### {heading}\n", 1)[1].split("\n#", 1)[0]
    assert dict(re.findall(r"(?m)^\| `([a-z-]+)` \| (.*) \|$", section)) == dict(names)


@pytest.mark.parametrize(("key", "names"), [("silence", NOTES), ("allow", RISKS)])
def test_an_unknown_name_is_an_error_that_lists_those_that_there_are(
    tmp_path: Path, key: str, names: dict[str, str]
) -> None:
    (tmp_path / "inventory.toml").write_text(f'[app]\nname = "shop"\n{key} = ["sqlite"]\n[hosts.web1]\n')
    with pytest.raises(UsageError) as raised:
        _ = load(tmp_path).hosts
    assert f"app.{key}[0]: 'sqlite' is none of {', '.join(map(repr, names))}" in str(raised.value)


def test_a_note_that_is_silenced_is_not_shown_and_others_are() -> None:
    told = [named("sqlite-committed", "search.db is committed"), named("no-cron", "no cron"), "it failed"]
    outcome = Outcome("deploy", {"web1": HostOutcome("web1", notes=told), "web2": HostOutcome("web2", notes=told[:1])})
    lines = report(outcome, Headings(Plan("deploy", ()), silenced={"web1": ("sqlite-committed",)}))
    assert [line for line in lines if line.startswith("note:")] == [
        "note: web1: no cron [no-cron]",
        "note: web1: it failed",
        "note: web2: search.db is committed [sqlite-committed]",
    ]


def test_only_a_name_of_the_list_is_the_name_of_a_note() -> None:
    assert name_of("x [no-cron]") == "no-cron"
    assert name_of("x [something]") == name_of("x") == ""
