"""From which commit to which a deploy goes, and when it needs a word of the user's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from slipway.core.errors import SlipwayError
from slipway.env.sources import Wanted
from slipway.inventory import App, Host
from slipway.model.step import Revision
from slipway.operations.prepare_deployment import Deployment
from slipway.source import resolve
from tests.source.repo import Repo, nobodys_settings

Deploy = Callable[..., "Revision | None"]


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    nobodys_settings(monkeypatch, tmp_path)
    repo = Repo(tmp_path / "repo")
    repo.commit("Begin", wsgi_py="application = 1\n", requirements_txt="gunicorn\n")
    return repo


@pytest.fixture
def deploy(repo: Repo) -> Deploy:
    """What a deploy of a commit becomes on hosts that run others, `-` for none."""

    def deploy(commit: str, *running: str, named: bool = False, backwards: bool = False, same: bool = False) -> object:
        app = App(name="shop", source=repo.folder)
        hosts = [Host(name=f"web{number}", app=app) for number in range(1, len(running) + 1)]
        wanted = {host.name: Wanted() for host in hosts}
        sources = {repo.folder: resolve(repo.folder, commit)}
        going = Deployment(hosts, sources, wanted, named=named, backwards=backwards)
        facts = {
            host.name: {"current": "" if one == "-" else f"20261120-131502-{one[:7]}{one[40:]}"}
            | ({"same": "yes"} if same else {})
            for host, one in zip(hosts, running, strict=True)
        }
        return going.revised(going.targets(), True, {host.name: {} for host in hosts}, facts)

    return deploy  # type: ignore[return-value]


def test_a_deploy_says_from_where_to_where_and_how_far(repo: Repo, deploy: Deploy) -> None:
    one, _, three = repo.commit("One"), repo.commit("Two"), repo.commit("Three")
    made = deploy(three, one, "-", f"{three}-dirty")
    assert made and made.plan is None
    assert made.moved == {
        "web1": f"from {one[:7]} to {three[:7]}, 2 commits",
        "web3": f"from {three[:7]} with uncommitted work to {three[:7]}, the same commit",
    }
    assert made.records["web1"] == {"from": one[:7], "commits": 2, "taken_back": 0}


def test_the_first_deploy_and_one_without_anything_to_do_say_nothing(repo: Repo, deploy: Deploy) -> None:
    one, two = repo.commit("One"), repo.commit("Two")
    assert deploy(two, "-", "-") is None
    assert deploy(one, two, same=True) is None


def test_going_back_needs_a_word(repo: Repo, deploy: Deploy) -> None:
    one, two, three = repo.commit("One"), repo.commit("Two"), repo.commit("Three")
    with pytest.raises(SlipwayError) as caught:
        deploy(one, two, three)
    assert caught.value.message == (
        f'{one[:7]} is older than {two[:7]}, which runs on web1, web2: it would take back 1 commit ("Two")'
    )
    assert f"--ref={one[:7]}" in caught.value.hint and "--allow-backwards" in caught.value.hint
    assert caught.value.code == 1
    for words in ({"named": True}, {"backwards": True}):
        made = deploy(one, three, **words)
        assert made
        assert made.moved["web1"] == f'from {three[:7]} to {one[:7]}, takes back 2 commits ("Three", "Two")'
        assert made.records["web1"] == {"from": three[:7], "commits": 0, "taken_back": 2}


def test_going_sideways_needs_a_word_also_where_the_commit_is_named(repo: Repo, deploy: Deploy) -> None:
    base, left = repo.commit("Base"), repo.commit("Left")
    repo.git("checkout", "-q", "-b", "other", base)
    right = repo.commit("Right")
    for named in (False, True):
        with pytest.raises(SlipwayError, match=f"{right[:7]} does not contain {left[:7]}, which runs on web1"):
            deploy(right, left, named=named)
    made = deploy(right, left, backwards=True)
    assert made
    assert made.moved["web1"] == f'from {left[:7]} to {right[:7]}, 1 commit and takes back 1 commit ("Left")'


def test_a_clone_that_lacks_what_runs_needs_a_word(repo: Repo, deploy: Deploy) -> None:
    one = repo.commit("One")
    with pytest.raises(SlipwayError, match="abcdef1 runs on web1, and this clone does not have it") as caught:
        deploy(one, "abcdef1" + "0" * 33, named=True)
    assert "`git fetch --all`" in caught.value.hint
    made = deploy(one, "abcdef1" + "0" * 33, backwards=True)
    assert made
    assert made.moved["web1"] == f"from abcdef1 to {one[:7]}, how many commits is not known here"
    assert made.records["web1"] == {"from": "abcdef1", "commits": None, "taken_back": None}


def test_a_shallow_clone_is_called_so(repo: Repo, deploy: Deploy) -> None:
    one, two = repo.commit("One"), repo.commit("Two")
    (repo.folder / ".git" / "shallow").write_text(f"{two}\n")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("prune", "--expire=now")
    with pytest.raises(SlipwayError, match="and this clone is shallow") as caught:
        deploy(two, one)
    assert "git fetch --unshallow" in caught.value.hint
