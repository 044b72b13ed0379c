"""A health check goes where a visitor's browser would be sent, and finds redirects that lead nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.remote.run_program import Done
from tests.remote.supervisor_bench import Bench


def boot(bench: Bench, health: str | None, **options: Any) -> Done:
    return bench.run("web.boot", {**bench.release("r1", "redirects"), "health": health, **options})


@pytest.mark.parametrize("health", ["/healthz", "/login", "/cookie", None])
def test_redirects_on_the_same_host_are_followed(bench: Bench, health: str | None) -> None:
    done = boot(bench, health)
    assert (done.code, done.facts.get("boot", {}).get("answer", {}).get("status")) == (0, 200), done.text


def test_a_page_that_is_broken_behind_a_redirect_is_rejected(bench: Bench) -> None:
    done = boot(bench, "/broken")
    assert done.code == 1
    assert "GET /broken (Host: example.org) leads to /500, which was answered 500: a page" in done.text


def test_a_circle_of_redirects_is_told_as_one(bench: Bench) -> None:
    done = boot(bench, "/circle")
    assert done.code == 1
    assert "is redirected in a circle: /circle -> /round -> /circle" in done.text
    assert "No visitor sees a page." in done.text


def test_redirects_without_an_end_are_given_up(bench: Bench) -> None:
    done = boot(bench, "/1")
    assert done.code == 1
    assert "is redirected more than 5 times: /1 -> /2 -> " in done.text


def test_a_redirect_to_another_host_is_not_followed(bench: Bench) -> None:
    assert "a redirect to http://elsewhere.example.org/circle" in boot(bench, "/far").text


def test_a_redirect_to_https_is_refused_where_the_inventory_knows_of_none(bench: Bench) -> None:
    done = boot(bench, "/secure")
    assert done.code == 1
    assert "but the inventory says https = false" in done.text
    assert "set https = true" in done.text


def test_a_visitor_by_https_stays_one_after_a_redirect(bench: Bench) -> None:
    assert boot(bench, "/secure", https=True).code == 0
