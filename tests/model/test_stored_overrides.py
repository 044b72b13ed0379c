"""Overrides that are stored on the hosts: written, read, merged; and the scale."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.core.errors import SlipwayError, UsageError
from slipway.env.dotenv import Secret
from slipway.env.sources import Generate, Wanted
from slipway.inventory.app import App, Gunicorn, Process
from slipway.inventory.hosts_of_same_fleet import fleets
from slipway.model.scale import check_scales, counts, differences, scale_of, scaled
from slipway.model.stored_overrides import (
    NOTHING,
    Count,
    Entry,
    Overrides,
    environment,
    missing,
    newest,
    settled,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
WHEN = "2026-11-20T12:00:00.000000+00:00"
APP = App(name="shop", processes={"mails": Process(command="mails"), "cron": Process(command="cron", count=2)})


def entry(value: str | None, when: str = WHEN) -> Entry:
    return Entry(None if value is None else Secret(value), "ann@laptop", when)


def count(number: int) -> Count:
    return Count(number, "ann@laptop", WHEN)


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@given(st.dictionaries(texts, st.none() | texts, max_size=4), st.dictionaries(texts, texts, max_size=2))
def test_what_is_written_is_read_again(env: dict[str, str | None], made: dict[str, str]) -> None:
    overrides = Overrides(
        {name: entry(value) for name, value in env.items()},
        {name: entry(value) for name, value in made.items()},
        {"web": count(3)},
        WHEN,
    )
    assert Overrides.read(overrides.render()) == overrides


def test_nothing_is_no_file() -> None:
    assert NOTHING.render() == b""
    assert Overrides.read(b"") == NOTHING
    assert not NOTHING


@pytest.mark.parametrize("content", [b"hidden", b"[]", b'{"env": {"A": "hidden"}}', b'{"env": 1}'])
def test_a_file_that_cannot_be_read_is_told_without_what_it_holds(content: bytes) -> None:
    with pytest.raises(SlipwayError, match="cannot be read") as error:
        Overrides.read(content)
    assert "hidden" not in str(error.value) + error.value.hint


def test_values_do_not_show() -> None:
    assert "hidden" not in repr(Overrides({"A": entry("hidden")}, {"B": entry("hidden")}))


def test_a_change_is_newer_than_the_last_one_even_if_the_clock_is_behind() -> None:
    later = Overrides(when=WHEN).changed(NOON - timedelta(days=1), lambda overrides, when: overrides)
    assert later.when == "2026-11-20T12:00:00.000001+00:00"
    assert newest([later, Overrides(when=WHEN), NOTHING]) is later
    assert newest([]) == NOTHING


def test_hosts_that_share_a_group_keep_the_same_and_others_never() -> None:
    groups = {"s1": ("stage",), "p1": ("prod", "eu"), "p2": ("us",), "p3": ("prod", "us"), "x": ("",), "y": ("",)}
    assert sorted(fleets(groups)) == [["p1", "p2", "p3"], ["s1"], ["x", "y"]]


def test_a_value_is_generated_once_and_strong() -> None:
    wanted = Wanted(generate={"KEY": Generate(50), "OTHER": Generate(20)})
    overrides = settled([wanted, wanted], NOTHING, "ann@laptop", NOON)
    values = [entry.value.reveal() for entry in overrides.generated.values() if entry.value]
    assert [len(value) for value in values] == [50, 20]
    assert all(value.isalnum() and len(set(value)) > 5 for value in values)
    assert settled([wanted], overrides, "bob@desk", NOON + timedelta(1)) is overrides
    assert settled([wanted], NOTHING, "ann@laptop", NOON).generated["KEY"] != overrides.generated["KEY"]


def test_what_is_kept_wins_over_what_this_machine_gives() -> None:
    wanted = Wanted({"A": Secret("1"), "B": Secret("1"), "C": Secret("1")}, {"KEY": Generate()}, required=("B", "Z"))
    overrides = Overrides(
        {"A": entry("2"), "B": entry(None), "D": entry("")}, {"KEY": entry("k"), "OLD": entry("o")}, {}, WHEN
    )
    values = environment(wanted, overrides)
    assert values == {"A": Secret("2"), "C": Secret("1"), "D": Secret(""), "KEY": Secret("k")}
    assert missing(wanted, values) == ["B", "Z"]
    assert missing(Wanted(required=("D",)), values) == ["D"], "an empty value is none"


def test_a_generated_name_can_be_taken_away_too() -> None:
    overrides = Overrides({"KEY": entry(None)}, {"KEY": entry("k")}, {}, WHEN)
    assert environment(Wanted(generate={"KEY": Generate()}), overrides) == {}


def test_a_scaled_app_runs_more_of_a_process() -> None:
    app = scaled(APP, {"web": count(4), "mails": count(0), "gone": count(7)})
    assert counts(APP) == {"web": 2, "mails": 1, "cron": 2}
    assert counts(app) == {"web": 4, "mails": 0, "cron": 2}
    assert (app.gunicorn.workers, app.processes["mails"].command) == (4, "mails")


def test_a_web_server_of_its_own_is_not_scaled() -> None:
    app = App(name="shop", processes={"web": Process(command="serve")})
    assert counts(scaled(app, {"web": count(4)})) == {"web": 1}
    with pytest.raises(UsageError, match="web cannot be scaled"):
        check_scales([app], "web", 2)


def test_what_a_release_runs_is_told_beside_the_inventory() -> None:
    release = {"scale": Overrides(scale={"web": count(4), "mails": count(1)}, when=WHEN).scale_told()}
    assert scale_of(release)["web"] == count(4)
    assert differences(APP, release) == {"web": (4, 2)}
    assert differences(APP, {}) == differences(APP, None) == {}


@pytest.mark.parametrize(
    ("process", "number", "message"),
    [
        ("web", 0, "web cannot have 0 workers"),
        ("web", 257, "web cannot have 257 workers"),
        ("mails", 101, "mails cannot run 101 times on a host"),
        ("mail", 1, "there is no process 'mail'"),
    ],
)
def test_a_scale_that_cannot_be_is_refused(process: str, number: int, message: str) -> None:
    with pytest.raises(UsageError) as error:
        check_scales([APP], process, number)
    assert error.value.message == message
    assert error.value.hint


def test_a_scale_that_can_be_is_not() -> None:
    other = App(name="shop", gunicorn=Gunicorn(workers=4))
    check_scales([APP, other], "mails", 0)
    check_scales([APP, other], "web", 1)
    check_scales([APP], "", None)
