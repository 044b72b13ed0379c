"""From hosts to targets, with a real repository."""

from __future__ import annotations

import getpass
import re
import socket
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath

import pytest

from slipway.core.errors import UsageError
from slipway.env.dotenv import Secret
from slipway.env.sources import literal
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.hosts_to_targets import layout_of, sources_of, targets, who
from tests.source.repo import Repo, nobodys_settings

NOON = datetime(2026, 11, 20, 13, 15, 2, tzinfo=timezone.utc)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A small app, committed."""
    nobodys_settings(monkeypatch, tmp_path)
    repo = Repo(tmp_path / "repo")
    repo.write("requirements.txt", "flask\n")
    repo.commit("Begin", app_py="from flask import Flask\n\napp = Flask(__name__)\n")
    return repo


def host(repo: Repo, name: str = "web1", **changes: object) -> Host:
    settings: dict[str, object] = {
        "name": name,
        "app": App(name="hello", source=repo.folder),
        "address": f"{name}.test",
    }
    return Host(**(settings | changes))  # type: ignore[arg-type]


def test_every_host_gets_the_same_release(repo: Repo) -> None:
    made = targets([host(repo, "web1"), host(repo, "web2")])
    assert len({target.release.id for target in made}) == 1
    assert len({id(target.source) for target in made}) == 1


def test_a_release_says_what_it_is(repo: Repo) -> None:
    (target,) = targets([host(repo)], now=NOON)
    release = target.release
    assert release.id == f"20261120-131502-{release.commit[:7]}"
    assert (release.ref, release.subject, release.dirty, release.who, release.when) == (
        "HEAD", "Begin", False, who(), NOON,
    )  # fmt: skip
    assert release.tree == repo.git("rev-parse", "HEAD^{tree}")


def test_the_time_of_a_deploy_is_now_in_utc(repo: Repo) -> None:
    (target,) = targets([host(repo)])
    assert abs((datetime.now(timezone.utc) - target.release.when).total_seconds()) < 60


def test_the_first_host_leads(repo: Repo) -> None:
    made = targets([host(repo, name) for name in ("web2", "web1", "web3")])
    assert [(target.host.name, target.leader) for target in made] == [("web2", True), ("web1", False), ("web3", False)]


def test_uncommitted_work_marks_the_release(repo: Repo) -> None:
    repo.write("app.py", "from flask import Flask\n\napp = Flask('changed')\n")
    with pytest.raises(UsageError, match="uncommitted work"):
        targets([host(repo)])
    (target,) = targets([host(repo)], sources_of([host(repo)], dirty=True))
    assert target.release.dirty
    assert target.release.id.endswith("-dirty")


def test_a_ref_is_resolved_once(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    repo.commit("Second", more_py="")
    hosts = [host(repo), host(repo, "web2")]
    assert {target.release.commit for target in targets(hosts, sources_of(hosts, ref="HEAD~1"))} == {first}


def test_hosts_may_run_different_apps_of_a_monorepo(repo: Repo) -> None:
    for name in ("shop", "blog"):
        repo.write(f"{name}/requirements.txt", "flask\n")
        repo.write(f"{name}/app.py", f"from flask import Flask\n\napp = Flask({name!r})\n")
    repo.commit()
    made = targets([host(repo, name, app=App(name=name, source=repo.folder / name)) for name in ("shop", "blog")])
    assert made[0].release.commit == made[1].release.commit
    assert made[0].release.tree != made[1].release.tree


def test_each_host_has_its_own_environment_and_secrets_do_not_show(repo: Repo) -> None:
    made = targets([host(repo, name, sources=(literal({"KEY": Secret(f"of {name}")}),)) for name in ("web1", "web2")])
    assert [target.env for target in made] == [b"export KEY='of web1'\n", b"export KEY='of web2'\n"]
    assert made[0].env_digest != made[1].env_digest
    assert "of web1" not in repr(made[0])


def test_uploads_that_are_not_there_are_told(repo: Repo) -> None:
    app = App(name="hello", source=repo.folder, uploads=("dist",))
    with pytest.raises(UsageError, match=re.escape("app.uploads: dist is not in")):
        targets([host(repo, app=app)])
    repo.write(".gitignore", "dist\n")
    repo.write("dist/x.js")
    repo.commit()
    assert targets([host(repo, app=app)])


def test_an_app_lives_in_a_folder_of_its_name(repo: Repo) -> None:
    layout = layout_of(host(repo))
    assert (layout.base, layout.tools) == (PurePosixPath("/srv/hello"), PurePosixPath("/opt/slipway/tools"))


def test_without_root_the_tools_lie_beside_the_apps(repo: Repo) -> None:
    app = App(name="hello", source=repo.folder, root="/home/ann/slipway")
    layout = layout_of(host(repo, app=app, rootless=True))
    assert layout.base == PurePosixPath("/home/ann/slipway/hello")
    assert layout.tools == PurePosixPath("/home/ann/slipway/.slipway/tools")


def test_who_deploys_is_told_by_user_and_machine() -> None:
    assert who() == f"{getpass.getuser()}@{socket.gethostname()}"


def test_a_user_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", nameless)
    monkeypatch.setattr("os.getuid", lambda: 12345)
    assert who() == f"12345@{socket.gethostname()}"


@pytest.mark.parametrize("uploads", ["dist", "dist/js"])
def test_what_a_link_leads_to_is_never_sent(repo: Repo, tmp_path: Path, uploads: str) -> None:
    (tmp_path / "private/js").mkdir(parents=True)
    (repo.folder / "dist").symlink_to(tmp_path / "private")
    repo.commit("Lead elsewhere")
    with pytest.raises(UsageError, match=r"app\.uploads: .* would send what the link .*dist leads to"):
        sources_of([host(repo, app=App(name="hello", source=repo.folder, uploads=(uploads,)))])


def test_a_committed_link_where_data_is_kept_is_refused_before_anything_is_contacted(repo: Repo) -> None:
    (repo.folder / "data").symlink_to("/srv/hello/shared/data")
    repo.commit("Link by hand")
    app = App(name="hello", source=repo.folder, linked_files=("data/db.sqlite3",))
    with pytest.raises(UsageError, match=re.escape("'data/db.sqlite3': data is a committed link")):
        targets([host(repo, app=app)])


SQLITE = """
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
WSGI_APPLICATION = "site.wsgi.application"
"""


def test_hosts_that_each_have_a_database_of_their_own_are_told_with_every_deploy(repo: Repo) -> None:
    repo.write("requirements.txt", "django\n")
    repo.write("manage.py", "import os, django\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n")
    repo.write("site/settings.py", f"from pathlib import Path\nBASE_DIR = Path(__file__).parent.parent\n{SQLITE}")
    repo.write("site/wsgi.py", "application = None\n")
    repo.commit("Two hosts")
    told = [target.detected.losses for target in targets([host(repo), host(repo, "web2")])]
    assert told[0] == told[1]
    assert len(told[0]) == 1 and "web1, web2 each have one of their own in shared/" in told[0][0]
    assert targets([host(repo)])[0].detected.losses == ()


def test_ci_says_who_deploys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_BY", "ada via\n CI\x1b[31m")
    assert who().startswith("ada via CI") and who().isprintable()
    monkeypatch.setenv("SLIPWAY_BY", " ")
    assert who().endswith(f"@{socket.gethostname()}")
