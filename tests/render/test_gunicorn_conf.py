"""gunicorn.conf.py as rendered, run as gunicorn runs it: what its master loads before it forks workers."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from slipway.detect import Detected, Requirements
from slipway.steps.config import gunicorn_file
from tests.steps.targets import target


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


def conf(framework: str = "colorsys") -> dict[str, Any]:
    """The names of a rendered file; a small module of Python's own stands for Django."""
    text = gunicorn_file(target()).replace("django.core.wsgi", framework)
    names: dict[str, Any] = {}
    exec(compile(text, "gunicorn.conf.py", "exec"), names)
    return names


def needing(*names: str) -> Requirements:
    return Requirements("requirements", names=frozenset(names))


def server(worker_class: str) -> SimpleNamespace:
    return SimpleNamespace(cfg=SimpleNamespace(worker_class_str=worker_class))


@pytest.mark.parametrize("worker_class", ["sync", "gthread", "uvicorn_worker.UvicornWorker"])
def test_the_framework_is_loaded_before_workers_are_forked(worker_class: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    conf()["on_starting"](server(worker_class))
    assert "colorsys" in sys.modules
    assert gc.get_freeze_count()


@pytest.mark.parametrize("worker_class", ["gevent", "eventlet", "gunicorn.workers.ggevent.GeventPyWSGIWorker"])
def test_workers_that_patch_the_standard_library_come_first(worker_class: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    conf()["on_starting"](server(worker_class))
    assert "colorsys" not in sys.modules


def test_a_framework_that_is_not_there_is_for_the_workers_to_tell() -> None:
    conf("nowhere_to_be_found")["on_starting"](server("sync"))


@pytest.mark.parametrize(
    ("detected", "framework"),
    [
        (Detected(kind="django", wsgi="shop.wsgi:application"), "django.core.wsgi"),
        (Detected(kind="django", asgi="shop.asgi:application"), "django.core.asgi"),
        (
            Detected(kind="wsgi", requirements=Requirements("requirements", names=frozenset({"flask", "redis"}))),
            "flask",
        ),
        (Detected(kind="asgi", requirements=Requirements("uv", names=frozenset({"fastapi", "starlette"}))), "fastapi"),
        (Detected(kind="wsgi", requirements=Requirements("requirements", names=frozenset({"redis"}))), None),
    ],
)
def test_the_framework_is_what_every_worker_of_such_an_app_loads(detected: Detected, framework: str | None) -> None:
    assert detected.framework == framework


def test_an_app_without_a_known_framework_has_nothing_loaded_for_it() -> None:
    plain = target(wsgi="app:app")
    loose = Detected(kind="wsgi", wsgi="app:app")
    text = gunicorn_file(replace(plain, detected=loose))
    assert "on_starting" not in text
    assert "import gc" not in text
    assert "post_worker_init" in text
