"""What is built on this machine is built from the commit alone, in a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from slipway.core.errors import UsageError
from slipway.inventory import Host
from slipway.inventory.app import App, Build
from slipway.model.hosts_to_targets import sources_of
from slipway.model.run_local_build import built_here
from slipway.source import resolve
from slipway.source.local_build import local_build
from slipway.steps.upload_built_files import place
from tests.source.repo import Repo
from tests.steps.targets import target


def host(repo: Repo, *local: str, name: str = "web1") -> Host:
    app = App(name="hello", source=repo.folder, uploads=("dist",), build=Build(local=local))
    return Host(name=name, app=app, address=f"{name}.test")


def begun(repo: Repo) -> None:
    repo.write("page", "committed")
    repo.write(".gitignore", "dist\nleftover\n")
    (repo.folder / "tool").write_text("#!/bin/sh\necho tool\n")
    (repo.folder / "tool").chmod(0o755)
    repo.commit("Begin")


def test_commands_see_the_commit_and_nothing_of_the_work_tree(repo: Repo) -> None:
    begun(repo)
    (repo.folder / "leftover").write_text("ignored by git")
    said: list[str] = []
    with local_build(
        resolve(repo.folder), ["mkdir dist && ./tool > dist/made && cat page >> dist/made"], said.append
    ) as built:
        assert (built / "dist/made").read_text() == "tool\ncommitted"
        assert not (built / "leftover").exists()
        assert not (built / ".git").exists()
    assert said == ["mkdir dist && ./tool > dist/made && cat page >> dist/made"]
    assert not built.exists()
    assert repo.git("status", "--porcelain") == ""
    assert not (repo.folder / "dist").exists()


def test_uncommitted_work_is_built_only_where_it_is_shipped(repo: Repo) -> None:
    begun(repo)
    commit = repo.git("rev-parse", "HEAD")
    repo.write("page", "not committed")
    for source, wanted in (
        (resolve(repo.folder, dirty=True), "not committed"),
        (resolve(repo.folder, commit), "committed"),
    ):
        with local_build(source, [], print) as built:
            assert (built / "page").read_text() == wanted


def test_a_subfolder_is_laid_down_by_itself(repo: Repo) -> None:
    begun(repo)
    repo.write("web/app.py", "app")
    repo.commit("A subfolder")
    with local_build(resolve(repo.folder / "web"), [], print) as built:
        assert os.listdir(built) == ["app.py"]


def test_filters_and_hooks_of_the_repository_are_not_run(repo: Repo, tmp_path: Path) -> None:
    begun(repo)
    repo.write(".gitattributes", "page filter=evil\n")
    repo.commit("Attributes")
    source = resolve(repo.folder)
    repo.git("config", "filter.evil.smudge", f"touch {tmp_path}/ran; cat")
    with local_build(source, [], print) as built:
        assert (built / "page").read_text() == "committed"
    assert not (tmp_path / "ran").exists()


def test_what_was_built_is_what_is_sent(repo: Repo) -> None:
    begun(repo)
    hosts = [host(repo, "mkdir dist; echo $SLIPWAY_COMMIT > dist/commit")]
    with built_here(hosts, sources_of(hosts), print) as sources:
        source = sources[repo.folder]
        made = place(replace(target(uploads=("dist",), build=hosts[0].app.build), source=source))
        assert source.built is not None
        assert [upload.source for upload in made.uploads] == [source.built / "dist"]
        assert (source.built / "dist/commit").read_text().strip() == source.commit


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("false", "`false` failed here with exit code 1"),
        ("true", "have not made dist"),
        ("ln -s /etc dist", "leads to"),
    ],
)
def test_what_goes_wrong_ends_the_deploy_before_any_host_is_contacted(repo: Repo, command: str, said: str) -> None:
    begun(repo)
    hosts = [host(repo, command)]
    with pytest.raises(UsageError, match=said), built_here(hosts, sources_of(hosts), print):
        pass


def test_one_build_is_for_all_hosts(repo: Repo) -> None:
    begun(repo)
    hosts = [host(repo, "true"), host(repo, "false", name="web2")]
    with pytest.raises(UsageError, match="differs between hosts"), built_here(hosts, sources_of(hosts), print):
        pass


def test_a_change_of_settings_takes_the_files_of_the_release_that_runs() -> None:
    made = target(uploads=("dist",), build=Build(local=("true",)))
    again = place(replace(made, operation="env.set"))
    assert again.uploads == ()
    assert "/srv/shop/current/app/dist" in again.script.text
    assert "/srv/shop/current/app/dist" not in place(made).script.text
