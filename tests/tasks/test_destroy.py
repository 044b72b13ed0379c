"""`fab destroy` never acts in silence: the app's name is said, by a person or by an option."""

from __future__ import annotations

import io
import sys

import pytest

from slipway.core.errors import UsageError
from slipway.inventory import Host
from slipway.inventory.app import App
from tasks.destroy import confirm

HOSTS = [Host(name="web1", app=App(name="hello"), address="web1.test")]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nobody_at_a_terminal_is_no_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("hello\n"))
    with pytest.raises(UsageError, match="at a terminal"):
        confirm(HOSTS, "", False)


@pytest.mark.parametrize("typed", ["", "y", "yes", "hell", "other"])
def test_anything_but_the_name_is_no_consent(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(f"{typed}\n"))
    with pytest.raises(UsageError, match="is hello, not"):
        confirm(HOSTS, "", False)


def test_the_name_is_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("hello\n"))
    confirm(HOSTS, "", False)
    confirm(HOSTS, "hello", True)
    with pytest.raises(UsageError):
        confirm(HOSTS, "other", False)


def test_two_apps_are_not_removed_by_one_name() -> None:
    with pytest.raises(UsageError):
        confirm([*HOSTS, Host(name="web2", app=App(name="other"), address="web2.test")], "hello", False)
