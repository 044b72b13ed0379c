"""The processes of a Procfile belong to the app: in a deploy by its commit, elsewhere by what is checked out."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from slipway.core.errors import UsageError
from slipway.inventory import Host
from slipway.inventory.app import App, Process
from slipway.model.add_procfile_processes import with_committed
from slipway.model.hosts_to_targets import sources_of, targets
from slipway.model.restart_target import chosen
from tests.source.repo import Repo, nobodys_settings

PROCFILE = "web: gunicorn app:app\nmails: python mails.py\nrelease: flask db upgrade\n"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A small app with a Procfile, committed."""
    nobodys_settings(monkeypatch, tmp_path)
    repo = Repo(tmp_path / "repo")
    repo.write("Procfile", PROCFILE)
    repo.commit("Begin", app_py="from flask import Flask\n\napp = Flask(__name__)\n")
    return repo


def host(repo: Repo, **settings: object) -> Host:
    app = msgspec.structs.replace(App(name="hello", source=repo.folder), **settings)
    return Host(name="web1", app=app, address="web1.test")


def test_a_release_has_the_processes_and_the_release_command_of_its_commit(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    repo.write("Procfile", PROCFILE.replace("mails:", "letters:"))
    repo.commit("Call them letters")
    for ref, name in ((first, "mails"), ("HEAD", "letters")):
        hosts = [host(repo)]
        (target,) = targets(hosts, sources_of(hosts, ref))
        assert target.app.processes == target.host.app.processes == {name: Process(command="python mails.py")}
        assert target.app.migrate == "flask db upgrade"


def test_what_the_inventory_says_of_a_declared_process_wins(repo: Repo) -> None:
    (target,) = targets([host(repo, processes={"mails": Process(count=3)}, migrate=False)])
    assert target.app.processes == {"mails": Process(command="python mails.py", count=3)}
    assert target.app.migrate is False
    (target,) = targets([host(repo, processes={"mails": Process(command="mine")}, migrate="own")])
    assert target.app.processes == {"mails": Process(command="mine")}
    assert target.app.migrate == "own"


def test_a_process_without_a_command_anywhere_is_refused(repo: Repo) -> None:
    with pytest.raises(UsageError, match=r"app\.processes\.extra has no command, neither .* nor in Procfile"):
        targets([host(repo, processes={"extra": Process(count=2)})])


def test_tasks_know_the_processes_of_the_procfile_that_is_committed(repo: Repo) -> None:
    assert chosen(with_committed([host(repo)]), "mails") == ("mails",)
    repo.write("Procfile", "web: x\nuncommitted: y\n")
    assert list(with_committed([host(repo)])[0].app.processes) == ["mails"]


def test_nothing_is_asked_of_git_without_a_procfile(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo.folder / "Procfile").unlink()
    monkeypatch.setattr("slipway.model.add_procfile_processes.git", None)
    one = host(repo)
    assert with_committed([one]) == [one]


def test_a_host_on_which_root_runs_the_app_is_not_refused_for_it(repo: Repo) -> None:
    made = msgspec.structs.replace(host(repo, user="root"), rootless=True, user="root")
    assert targets([made], sources_of([made]))[0].app.user == "root"
