"""Static files: when they are collected, and when the settings alone are looked at."""

from __future__ import annotations

from slipway.inventory.app import Process
from slipway.steps.static import collect, workers_look
from tests.steps.targets import target

OWN = {"mails": Process(command="x"), "web": Process(command="daphne -u $SOCKET shop.asgi:application")}


def test_without_static_files_workers_judge_the_settings_when_they_boot() -> None:
    one = target(static=False)
    assert workers_look(one)
    assert collect(one).script.text == ""


def test_without_static_files_the_settings_are_judged_where_no_worker_of_ours_does() -> None:
    step = collect(target(static=False, processes=OWN))
    assert step.title == "look at the settings"
    assert '"nothing": true' in step.script.text
    assert '"compare_keys": true' in step.script.text
    assert "proven" in step.script.text, "a deploy that changes no setting would load the project again"


def test_a_server_of_the_apps_own_has_its_keys_compared_when_static_files_are_collected() -> None:
    assert '"compare_keys": true' in collect(target(processes=OWN)).script.text
    assert '"compare_keys"' not in collect(target()).script.text.replace('options.get("compare_keys")', "")


def test_what_the_inventory_does_not_allow_any_more_is_judged_again() -> None:
    assert collect(target(allow=("debug",))).script.text != collect(target()).script.text
    allowed, not_allowed = (collect(target(allow=allow)).script.text for allow in (("debug",), ()))
    digests = [text.split("proven ")[-1].split("static ")[1].split()[0] for text in (allowed, not_allowed)]
    assert digests[0] != digests[1]
