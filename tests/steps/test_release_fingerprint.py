"""What counts as the same release, and what does not."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from slipway.inventory.app import Gunicorn, Process, Schedule
from slipway.steps.release_fingerprint import fingerprint
from tests.steps.targets import WHEN, target


def test_the_time_and_the_person_do_not_count() -> None:
    again = target()
    release = replace(again.release, id="20261121-080000-abc1234", when=WHEN.replace(day=21), who="bob@desk")
    assert fingerprint(replace(again, release=release)) == fingerprint(target())


@pytest.mark.parametrize(
    "app",
    [
        {"domains": ("other.example.org",)},
        {"health": "/ready"},
        {"gunicorn": Gunicorn(workers=3)},
        {"processes": {"mails": Process(command="python manage.py mails", count=2)}},
        {"schedules": {"sync": Schedule(cron="@daily", command="make sync")}},
        {"linked_dirs": ("data", "media")},
        {"migrate": "python migrate.py"},
        {"python": "3.12"},
        {"static": False},
    ],
    ids=lambda app: next(iter(app)),
)
def test_every_setting_that_lands_on_a_host_counts(app: dict[str, Any]) -> None:
    assert fingerprint(target(**app)) != fingerprint(target())


def test_code_and_environment_count() -> None:
    made = target()
    other = replace(made.release, tree="8" * 40)
    assert fingerprint(replace(made, release=other)) != fingerprint(made)
    assert fingerprint(replace(made, env_digest="e" * 32)) != fingerprint(made)


def test_an_app_with_files_that_git_does_not_have_is_never_the_same() -> None:
    made = target(uploads=("dist",))
    later = replace(made, release=replace(made.release, when=WHEN.replace(day=21)))
    assert fingerprint(later) != fingerprint(made)
