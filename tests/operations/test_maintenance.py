"""What is ordered by `fab maintenance.on`, and what visitors get."""

from __future__ import annotations

import io
import json
import tarfile
from html.parser import HTMLParser
from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.operations.maintenance import MESSAGE, close_plan, open_plan, requested_page
from slipway.steps.maintenance_page import MaintenancePage, pack, page, span
from tests.steps.targets import WHEN, target

HOST = target().host
CLOSING = MaintenancePage(
    "20261120-131502-1f3a", "ann@laptop", WHEN, "New <shelves>.", 7200,
    allow=("10.0.0.0/8", "127.0.0.1"), names=("10",), own_names=("127.0.0.1",),
)  # fmt: skip


class Page(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_a_general_message_and_ten_minutes_are_the_default() -> None:
    made = requested_page()
    assert (made.message, made.retry_after, made.allow) == (MESSAGE, 600, ())
    assert made.folder.endswith(".600")


def test_an_order_is_read_as_it_was_typed() -> None:
    made = requested_page("  New shelves. \r\n Back at noon. ", "2h", "203.0.113.7, 10.0.0.0/8,127.0.0.1")
    assert made.message == "New shelves.\nBack at noon."
    assert made.retry_after == 7200
    assert made.allow == ("203.0.113.7", "10.0.0.0/8", "127.0.0.1")
    assert (made.names, made.own_names) == (("203.0.113.7", "10"), ("127.0.0.1",))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"message": "a\x1b[31mb"}, "--message is for people"),
        ({"message": "x" * 5000}, "--message is for people"),
        ({"retry_after": "soon"}, "--retry-after=soon is no span of time"),
        ({"retry_after": "90d"}, "--retry-after=90d is too long"),
        ({"allow": "everybody"}, "--allow=everybody is no address"),
    ],
)
def test_a_mistake_is_said_before_any_host_is_contacted(words: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        requested_page(**words)


def test_the_page_needs_nothing_but_itself() -> None:
    text = page(HOST, CLOSING)
    found = Page(text)
    assert not {"script", "link", "img", "iframe"} & set(found.tags)
    assert not [
        value for name, value in found.attributes if name in ("src", "srcset", "action") or "//" in (value or "")
    ]
    assert "url(" not in text and "@import" not in text
    assert len(text) < 4096


def test_the_page_is_for_all_readers_and_both_schemes() -> None:
    text = page(HOST, CLOSING)
    found = Page(text)
    assert ("lang", "en") in found.attributes
    assert {"title", "main", "h1"} <= set(found.tags)
    assert ("content", "width=device-width, initial-scale=1") in found.attributes
    assert ("content", "light dark") in found.attributes
    assert "prefers-color-scheme: dark" in text
    assert ("aria-hidden", "true") in found.attributes


def test_the_message_is_escaped_whatever_the_template_does(tmp_path: Path) -> None:
    (tmp_path / "maintenance.html.j2").write_text("<p>{{ message }}</p><p>{{ message | e }}</p>")
    assert page(HOST, CLOSING, tmp_path) == "<p>New &lt;shelves&gt;.</p>" * 2
    assert "<shelves>" not in page(HOST, CLOSING)


def test_a_block_of_the_page_can_be_replaced(tmp_path: Path) -> None:
    own = '{% extends "shipped/maintenance.html.j2" %}{% block again %}Wir sind um 12 wieder da.{% endblock %}'
    (tmp_path / "maintenance.html.j2").write_text(own)
    text = page(HOST, CLOSING, tmp_path)
    assert "Wir sind um 12 wieder da." in text
    assert "try again" not in text


def test_what_is_sent_is_the_page_for_people_and_programs_and_who_passes() -> None:
    with tarfile.open(fileobj=io.BytesIO(pack(HOST, CLOSING))) as archive:
        assert archive.getnames() == ["allow", "page.html", "page.json", "facts.json", "allow/10"]
        file = archive.extractfile("page.json")
        assert file is not None
        said = json.load(file)
    assert said == {"error": "maintenance", "message": "New <shelves>.", "retry_after": 7200}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "a minute"), (60, "a minute"), (61, "2 minutes"), (600, "10 minutes"), (5400, "90 minutes"), (7200, "2 hours"),
     (7201, "3 hours"), (86400, "24 hours"), (172800, "2 days")],
)  # fmt: skip
def test_times_are_told_as_people_say_them(seconds: int, words: str) -> None:
    assert span(seconds) == words


def test_all_hosts_have_the_page_before_any_shows_it_and_nothing_is_decided_before_all_do() -> None:
    hosts = [target(name).host for name in ("web1", "web2")]
    made = close_plan(hosts, CLOSING)
    assert made.together
    assert [(phase.name, list(phase.steps), phase.now, phase.final) for phase in made.phases] == [
        ("prepare", ["web1", "web2"], False, False),
        ("close", ["web1", "web2"], False, False),
        ("commit", ["web1", "web2"], True, False),
        ("finish", ["web1", "web2"], False, True),
    ]
    assert [phase.name for phase in open_plan(hosts, "ann@laptop", WHEN).phases] == ["open", "commit", "finish"]


def test_the_history_tells_what_visitors_were_told() -> None:
    record = close_plan([HOST], CLOSING).records[HOST.name]
    assert record.facts == {
        "operation": "maintenance.on",
        "who": "ann@laptop",
        "when": "2026-11-20T13:15:02+00:00",
        "message": "New <shelves>.",
        "retry_after": 7200,
        "allow": ["10.0.0.0/8", "127.0.0.1"],
    }
