"""Static files: when they are collected, and when the settings alone are looked at."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from slipway.core.shell import PRELUDE, sh
from slipway.inventory.app import Process
from slipway.steps import static
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


@pytest.mark.parametrize(
    ("to", "owner"),
    [
        ("srv/shop/shared", "deploy"),
        ("srv/shop/releases/r1/app/media", "deploy"),
        ("srv/shop/static/r1/files", "deploy"),
        ("srv/shop/shared/media", "app"),
        ("srv/shop/shared/later", "app"),
        ("srv/shop/shared/swapped", "app"),
        ("srv/shop/releases/r1/app/linked", "app"),
        ("srv/shop/releases/r1/run/media", "app"),
        ("srv/victim/shared", "app"),
        ("srv/victim", "app"),
        ("srv/shop/releases", "app"),
        ("srv/shopkeeper/shared", "app"),
    ],
)
@pytest.mark.parametrize("through", ["srv", "link"])
def test_a_link_of_the_account_that_deploys_leads_only_where_the_app_can_replace_nothing(
    tmp_path: Path, to: str, owner: str, through: str
) -> None:
    base = tmp_path / "srv/shop"
    for folder in ("shared/media", "releases/r1/app/media", "releases/r1/run/media", "static/r1/files"):
        (base / folder).mkdir(parents=True)
    (tmp_path / "srv/victim/shared").mkdir(parents=True)
    (tmp_path / "srv/shopkeeper/shared").mkdir(parents=True)
    (base / "shared/swapped").symlink_to(tmp_path / "srv/victim/shared")
    (base / "releases/r1/app/linked").symlink_to(base / "shared/media")
    (tmp_path / "link").symlink_to("srv")
    script = sh(
        "app_base={{base}}\n{{functions}}\nowner_of_link {{to}}\necho $owner $PWD",
        base=tmp_path / through / "shop",
        functions=static._FUNCTIONS,
        to=tmp_path / to.replace("srv", through, 1),
    )
    words = ["bash", "-c", f"{PRELUDE}\n{script}"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{owner} {tmp_path}\n"
