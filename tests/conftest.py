"""Fixtures for all tests, and settings that keep a developer's own environment out of them."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# How long an example takes says more about the machine than about what is tested.
settings.register_profile("slipway", deadline=None)
settings.load_profile("slipway")


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(autouse=True, scope="session")
def neutral_signals() -> None:
    """Take back what `nohup` does: what we start would ignore SIGHUP, which nothing on a host does."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def neutral_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what a shell or a CI job may have set and what changes the output or settings of Slipway."""
    for name in ("NO_COLOR", "FORCE_COLOR", "SLIPWAY_DEBUG", "SLIPWAY_DEV", "INVOKE_RUNTIME_CONFIG"):
        monkeypatch.delenv(name, raising=False)
