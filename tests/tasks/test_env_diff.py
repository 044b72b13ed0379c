"""`fab env.diff` compares environments, and says so where the code differs as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from invoke import Config, Context

from slipway.model.outcome import HostOutcome, Outcome
from slipway.model.stored_overrides import NOTHING
from slipway.operations import current_settings as settings
from slipway.operations.current_settings import CurrentSettings
from tasks import env
from tests.source.repo import Repo, nobodys_settings
from tests.tasks.test_core_options import INVENTORY


def test_another_commit_than_head_is_told_though_the_environment_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nobodys_settings(monkeypatch, tmp_path)
    repo = Repo(tmp_path / "app")
    repo.commit(wsgi_py="application = 1\n")
    old = repo.git("rev-parse", "HEAD")
    repo.commit(wsgi_py="application = 2\n")
    new = repo.git("rev-parse", "HEAD")
    (tmp_path / "inventory.toml").write_text(INVENTORY)
    monkeypatch.chdir(tmp_path)
    runs = {"web1": old, "web2": new}
    found = {name: CurrentSettings("x", {"commit": commit}, NOTHING, {}) for name, commit in runs.items()}
    monkeypatch.setattr(env, "ask", lambda *_: Outcome("env", {name: HostOutcome(name) for name in runs}))
    monkeypatch.setattr(settings, "current_settings", lambda _: found)
    env.diff.body(Context(Config({"slipway": {"hosts": "prod", "identity": "", "ssh_config": ""}})))
    out, err = capsys.readouterr()
    assert out == "the environment of every host is what a deploy would bring\n"
    assert err == f"the code differs: web1: {old[:7]} runs, and HEAD is {new[:7]}\n"
