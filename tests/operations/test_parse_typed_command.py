"""Requests for one-off tasks: names, durations, and which task is meant."""

from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest

from slipway.core.errors import SlipwayError, UsageError
from slipway.core.shell import PRELUDE
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.hosts_to_targets import layout_of
from slipway.operations.parse_typed_command import matching, order, seconds
from slipway.output.oneoff_tasks import tasks_table
from slipway.steps.oneoff_tasks import history, plain, run, task_id
from tests.steps.targets import WHEN, target


@pytest.mark.parametrize(("text", "span"), [("", 0), ("90", 90), ("1.5s", 1.5), ("10m", 600), ("2h", 7200)])
def test_a_span_of_time_is_read(text: str, span: float) -> None:
    assert seconds(text) == span


@pytest.mark.parametrize("text", ["0", "-1", "soon", "5 weeks", "0s"])
def test_what_is_no_span_of_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no span of time"):
        seconds(text)


def test_an_order_needs_a_command() -> None:
    with pytest.raises(UsageError, match="no command"):
        order("  ")


def test_an_id_says_when_and_what_and_is_a_plain_word() -> None:
    made = order("python manage.py check --deploy; rm 'x'")
    assert re.fullmatch(r"\d{8}-\d{6}-manage-check-[0-9a-f]{4}", made.id)
    assert order("x").id != order("x").id
    assert task_id(WHEN, "../../ü", "1f3a") == "20261120-131502-1f3a"


def test_a_task_is_meant_by_any_part_that_no_other_has() -> None:
    known = {"20261120-a-1f3a", "20261120-a-1f3a-2", "20261120-b-9c9c"}
    assert matching("20261120-a-1f3a", known) == "20261120-a-1f3a"
    assert matching("9c9c", known) == "20261120-b-9c9c"
    with pytest.raises(SlipwayError, match="may be any of") as several:
        matching("20261120", known)
    with pytest.raises(SlipwayError, match="no task x") as none:
        matching("x", known)
    assert several.value.code == none.value.code == 1  # 2 means that no host was contacted


def test_a_command_is_data_in_the_script_and_secrets_are_not_in_it() -> None:
    import subprocess

    host = target().host
    made = order('echo "it\'s" $HOME {{x}} `id`\nSLIPWAY_PROGRAM\nexit 3')
    for step in (plain(made), run(host, layout_of(host), made)):
        text = f"{PRELUDE}{step.script}"
        assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0
        assert "s3cr3t" not in text


def test_a_plain_command_runs_as_it_was_typed() -> None:
    import subprocess

    script = f"{PRELUDE}{plain(order(TRICKY)).script}"
    done = subprocess.run(["bash", "-c", script], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (3, "it's {{x}} \\n\nSLIPWAY_PROGRAM\n")


TRICKY = "printf '%s\\n' \"it's {{x}} \\\\n\"; echo '\nSLIPWAY_PROGRAM' | tail -n 1\nexit 3"


def test_the_table_shows_the_newest_first() -> None:
    base = {"who": "ann@laptop", "command": "true", "why": "", "code": 0, "state": "succeeded", "seconds": 1.0}
    tasks = {"web1": [{**base, "id": "old", "started": 1.0}], "web2": [{**base, "id": "new", "started": 60.0}]}
    lines = tasks_table(tasks, now=datetime.fromtimestamp(100, timezone.utc))
    assert [line.split()[:4] for line in lines[1:]] == [
        ["new", "web2", "succeeded", "0"],
        ["old", "web1", "succeeded", "0"],
    ]
    assert tasks_table({}) == ["no task yet; `fab run` starts one"]


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("PASSWORD=hunter2 ./load.sh", "load.sh"),
        ("A=1 B='x y' env", "command"),
        ("python manage.py createsuperuser --email=a@b", "manage-createsuperuser"),
        ("curl https://user:hunter2@example.org", "curl"),
        ("hunter2=", "command"),
        ("'hunter2 x'", "command"),
        ("/usr/bin/pg_dump shop", "pg_dump"),
    ],
)
def test_a_task_is_named_by_its_program_and_never_by_a_value(command: str, word: str) -> None:
    from slipway.operations.parse_typed_command import safe_word

    assert safe_word(command) == word
    assert "hunter2" not in order(command).id


def test_records_have_a_command_without_what_looks_like_a_secret() -> None:
    typed = order("python x.py --token s3cret")
    layout = layout_of(Host(name="web1", app=App(name="shop")))
    facts = history(layout, typed).facts
    assert (facts["command"], facts["message"]) == ("python x.py --token ***",) * 2
    script = run(Host(name="web1", app=App(name="shop")), layout, typed).script.text
    assert '"command": "python x.py --token ***"' in script
