"""A deploy with `--skip-unreachable` names the hosts that it left out, and its exit code tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from invoke import Config, Context, Exit

from slipway.model.outcome import HostOutcome, Outcome, Result
from slipway.model.step import Plan
from tasks import provision_and_deploy
from tests.source.repo import Repo, nobodys_settings
from tests.tasks.test_core_options import INVENTORY


class Fleet:
    """Two hosts of which the second cannot be reached."""

    def __init__(self, ends: HostOutcome) -> None:
        self.ends = ends
        self.ran: list[set[str]] = []

    def dial(self) -> None: ...

    def skip_unreachable(self) -> list[str]:
        return ["web2"]

    def run(self, plan: Plan) -> Outcome:
        self.ran.append({host for phase in plan.phases for host in phase.steps})
        return Outcome(plan.operation, {"web1": self.ends}, {"prepare": 0.1})


Deploy = Callable[[Fleet], "tuple[int, str, str]"]


@pytest.fixture
def deploy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Deploy:
    nobodys_settings(monkeypatch, tmp_path)
    Repo(tmp_path / "app").commit(wsgi_py="application = 1\n", requirements_txt="gunicorn==23.0.0\n")
    (tmp_path / "inventory.toml").write_text(INVENTORY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(provision_and_deploy, "assign_schedules", lambda *_: {})

    def run(fleet: Fleet) -> tuple[int, str, str]:
        @contextmanager
        def connected(*_: object, **__: object) -> Iterator[Fleet]:
            yield fleet

        monkeypatch.setattr(provision_and_deploy, "connected", connected)
        context = Context(Config({"slipway": {"hosts": "prod", "identity": "", "ssh_config": ""}}))
        with pytest.raises(Exit) as end:
            provision_and_deploy.deploy.body(context, skip_unreachable=True)
        return end.value.code, *capsys.readouterr()

    return run


def test_a_deploy_without_a_host_is_no_plain_success(deploy: Deploy) -> None:
    fleet = Fleet(HostOutcome("web1"))
    code, out, err = deploy(fleet)
    assert (code, fleet.ran) == (3, [{"web1"}])
    assert "done on 1 host" in out
    assert err == (
        "left out, since they could not be reached: web2. They serve another release, if any.\n"
        "  → Deploy again once they are back: fab deploy --hosts=web2\n"
    )


def test_who_was_left_out_is_said_when_the_deploy_fails_on_the_others_too(deploy: Deploy) -> None:
    code, out, err = deploy(Fleet(HostOutcome("web1", "failed", "prepare", Result(1, "venv"), undone=True)))
    assert (code, out) == (1, "")
    assert "failed in prepare" in err
    assert "left out, since they could not be reached: web2." in err
