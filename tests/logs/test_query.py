"""What a user types for `fab logs`, and what a host is asked."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest

from slipway.core.errors import UsageError
from slipway.inventory import Host
from slipway.inventory.app import App, Process
from slipway.logs.query import labels, make_query, options
from slipway.logs.since import Since, parse_since

HERE = timezone(timedelta(hours=2))
NOW = datetime(2026, 11, 20, 14, 30, tzinfo=HERE)
APP = App(name="shop", processes={"mail": Process(command="x"), "beat": Process(command="y")})
WEB1 = Host(name="web1", app=APP)
MINE = Host(name="mine", app=APP, rootless=True)
RELEASE = "20261120-131502-abc1234"


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("90s", Since(ago=90)),
        ("10m", Since(ago=600)),
        ("1h30m", Since(ago=5400)),
        ("2d", Since(ago=172_800)),
        ("13:45", Since(at=datetime(2026, 11, 20, 13, 45, tzinfo=HERE).timestamp())),
        ("9:05:10", Since(at=datetime(2026, 11, 20, 9, 5, 10, tzinfo=HERE).timestamp())),
        ("14:31", Since(at=datetime(2026, 11, 19, 14, 31, tzinfo=HERE).timestamp())),
        ("2026-11-20", Since(at=datetime(2026, 11, 20, tzinfo=HERE).timestamp())),
        ("2026-11-20 13:45", Since(at=datetime(2026, 11, 20, 13, 45, tzinfo=HERE).timestamp())),
        ("2026-11-20T13:45:58Z", Since(at=datetime(2026, 11, 20, 13, 45, 58, tzinfo=timezone.utc).timestamp())),
    ],
)
def test_since_is_a_time_ago_or_a_time(text: str, since: Since) -> None:
    assert parse_since(text, NOW) == since


@pytest.mark.parametrize("text", ["abc", "10", "25:00", "10 m", "2026-13-01", "-5m"])
def test_what_is_no_time_is_said_so(text: str) -> None:
    with pytest.raises(UsageError, match="is no time"):
        parse_since(text, NOW)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"process": "wbe"}, "no such process"),
        ({"process": "task:../x"}, "no such process"),
        ({"grep": "("}, "no regular expression"),
        ({"release": "x; rm"}, "no release"),
        ({"lines": -5}, "no number of lines"),
    ],
)
def test_mistakes_are_found_before_any_host_is_contacted(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make_query([WEB1], **wrong)  # type: ignore[arg-type]


def test_how_many_lines_depends_on_what_else_is_asked_for() -> None:
    assert make_query([WEB1]).lines == 100
    assert make_query([WEB1], follow=True).lines == 10
    assert make_query([WEB1], since="10m").lines is None
    assert make_query([WEB1], since="10m", lines=5).lines == 5
    assert make_query([WEB1], follow=True, lines=0).lines == 0


def found(host: Host, **asked: str) -> list[str]:
    """Names of a log folder that belong to what was asked for."""
    names = ["web", "mail", "beat", "mail.0", "mail.0.2", "old"]
    others = ["nginx.access", "nginx.error", "access", "error", "supervisord"]
    query = make_query([host], **asked)  # type: ignore[arg-type]
    folders = options(host, query)["folders"]
    assert isinstance(folders, list)
    matches = [folder["match"] for folder in folders]
    files = [*(f"{name}.log" for name in others), *(f"{name}.{RELEASE}.log" for name in names)]
    return [name for name in files if any(re.fullmatch(match, name) for match in matches)]


def of_release(*names: str) -> list[str]:
    return [f"{name}.{RELEASE}.log" for name in names]


def test_each_process_has_its_own_logs() -> None:
    assert found(WEB1, process="web") == of_release("web")
    assert found(WEB1, process="mail") == of_release("mail", "mail.0", "mail.0.2")
    assert found(WEB1, process="worker") == of_release("mail", "beat", "mail.0", "mail.0.2", "old")
    assert found(WEB1, process="nginx") == ["access.log", "error.log"]
    assert found(MINE, process="nginx") == ["nginx.access.log", "nginx.error.log"]
    assert found(WEB1) == ["error.log", *of_release("web", "mail", "beat", "mail.0", "mail.0.2", "old")]
    assert found(WEB1, release="current") == of_release("web", "mail", "beat", "mail.0", "mail.0.2", "old")


def test_a_task_is_followed_to_its_end() -> None:
    asked = options(WEB1, make_query([WEB1], process="task:20261120-1", follow=True))
    assert asked["folders"] == [{"path": "/srv/shop/tasks/20261120-1", "match": "output", "process": "task:20261120-1"}]
    assert asked["until"] == "/srv/shop/tasks/20261120-1/end.json"
    assert options(WEB1, make_query([WEB1], process="web"))["until"] is None


def test_labels_are_known_before_any_line_comes() -> None:
    assert labels([WEB1], make_query([WEB1])) == ["web", "mail", "beat", "error"]
    assert labels([WEB1], make_query([WEB1], process="beat,nginx")) == ["beat", "access", "error"]
