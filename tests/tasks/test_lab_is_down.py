"""A lab that is not running is told by that name, by every task, and no other SSH server is asked in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tasks.test_core_options import Fab, closed, fab, project

__all__ = ["closed", "fab", "project"]
MESSAGE = "lab1: the lab is not running, or does not have this host yet\n"
HINT = "  → Run `fab lab.up`: it makes the hosts that the lab lacks, and starts those that are stopped.\n"
TABLES = ("env", "env.diff", "history", "ps", "releases", "scale", "tasks")
SHELLS = ("shell", "console", "ssh", "logs", "exec uptime", "run uptime")
ASKING = (*TABLES, *SHELLS, "status", "deploy", "rollback", "restart", "provision", "provision --dry")


@pytest.fixture
def lab(project: Path) -> None:
    text = "default = 'lab'\n[app]\nname = 'shop'\nsource = 'app'\n[groups.lab]\nhosts = ['lab1']\nlab = true\n"
    (project / "inventory.toml").write_text(text)
    for key in (project / ".ssh").iterdir():
        key.unlink()


@pytest.mark.parametrize("task", ASKING)
def test_a_task_says_that_the_lab_is_not_running(fab: Fab, lab: None, project: Path, task: str) -> None:
    code, out, err = fab(*task.split())
    assert code in (1, 2)
    assert MESSAGE in (out + err)
    assert err.endswith((HINT, f"{HINT}ok on 0 of 1 host\n"))
    assert not list((project / ".ssh").iterdir())
    assert "is empty" not in out + err


def test_tables_of_hosts_that_did_not_answer_do_not_say_that_there_is_nothing(fab: Fab, lab: None) -> None:
    for task in TABLES:
        assert fab(task)[1] == ""
