"""Fixtures for tests with real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.source.repo import Host, Repo, nobodys_settings


@pytest.fixture(autouse=True)
def plain_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nobodys_settings(monkeypatch, tmp_path)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path / "host")
