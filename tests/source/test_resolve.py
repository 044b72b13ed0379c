"""Which commit is deployed, and what is refused."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.source import resolve
from slipway.source.resolve_commit import _at_once, _step_by_step
from tests.source.repo import Host, Repo, nobodys_settings


def refused(folder: Path, ref: str = "HEAD", dirty: bool = False) -> UsageError:
    with pytest.raises(UsageError) as caught:
        resolve(folder, ref, dirty)
    return caught.value


def test_a_commit_is_found_with_its_subject(repo: Repo) -> None:
    commit = repo.commit("Say hello — äöü\n\nand more", app_py="x = 1\n")
    source = resolve(repo.folder)
    assert (source.commit, source.ref, source.subject, source.dirty) == (commit, "HEAD", "Say hello — äöü", False)
    assert source.tree == repo.git("rev-parse", "HEAD^{tree}")
    assert source.read("app.py") == b"x = 1\n"


@pytest.mark.parametrize(
    "ref", ["main", "v1", "light", "feature/x", "HEAD~1", "HEAD^", "@{-1}", ":/First", "main^{/First}"]
)
def test_refs_of_every_kind_name_a_commit(repo: Repo, ref: str) -> None:
    first = repo.commit("First", app_py="1")
    repo.git("tag", "-a", "-m", "annotated", "v1")
    repo.git("tag", "light")
    repo.git("branch", "feature/x")
    repo.git("switch", "-q", "-c", "next")
    repo.commit("Second", app_py="2")
    source = resolve(repo.folder, ref)
    assert (source.commit, source.ref, source.subject) == (first, ref, "First")
    assert source.read("app.py") == b"1"


@pytest.mark.parametrize("folder", ["", "shop", "new\nline"])
@pytest.mark.parametrize("ref", ["HEAD", "main", "v1"])
def test_a_usual_commit_is_found_at_once_and_as_it_would_be_step_by_step(repo: Repo, folder: str, ref: str) -> None:
    repo.write(f"{folder or '.'}/app.py", "1")
    repo.write("other.py")
    repo.commit("Say ä")
    repo.git("tag", "-a", "-m", "annotated", "v1")
    found = _at_once(repo.folder / folder, ref)
    assert found and found == _step_by_step(repo.folder / folder, ref, dirty=False)


def test_files_are_read_together_as_they_are_one_by_one(repo: Repo) -> None:
    repo.commit(app_py="1", empty_py="")
    source = resolve(repo.folder)
    with source.opened() as opened:
        assert {path: opened.read(path) for path in opened.files} == {path: source.read(path) for path in source.files}


def test_short_hashes_name_a_commit(repo: Repo) -> None:
    commit = repo.commit()
    assert resolve(repo.folder, commit[:8]).commit == commit


@pytest.mark.parametrize(
    "ref", ["nope", "-x", "--all", "--help", "", " ", "HEAD~5", "main..HEAD", "^main", "v1", "HEAD:app.py"]
)
def test_what_is_no_commit_is_told(repo: Repo, ref: str) -> None:
    repo.commit(app_py="1")
    repo.git("tag", "v1", "HEAD:app.py")  # a tag may name a file
    error = refused(repo.folder, ref)
    assert error.message == f"there is no commit called '{ref}' in {repo.folder}"
    assert error.code == 2


def test_a_repository_without_commits_is_told(repo: Repo) -> None:
    assert refused(repo.folder).message == f"there is no commit yet in {repo.folder}"
    assert refused(repo.folder).hint == "Slipway deploys commits: git add . && git commit"
    assert refused(repo.folder, dirty=True).message == f"there is no commit yet in {repo.folder}"


def test_a_folder_that_is_no_repository_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    error = refused(folder)
    assert error.message == f"{folder} is not in a git repository"
    assert "git init" in error.hint


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    assert refused(tmp_path / "none").message == f"the app's folder {tmp_path}/none does not exist"


@pytest.mark.parametrize("where", [".git", "bare.git"])
def test_the_inside_of_a_repository_is_told(repo: Repo, where: str) -> None:
    repo.commit()
    repo.git("clone", "-q", "--bare", ".", "bare.git")
    folder = repo.folder / where
    assert refused(folder).message == f"{folder} is not a work tree, but the inside of a git repository"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_user_is_told(repo: Repo) -> None:
    repo.commit()
    for path in (repo.folder, repo.folder / ".git"):
        os.chown(path, 12345, 12345)
    error = refused(repo.folder)
    assert error.message == f"{repo.folder} belongs to another user, and git does not trust it"
    assert error.hint.endswith(f"git config --global --add safe.directory {repo.folder}")


def test_a_missing_git_is_told(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nope")
    assert refused(repo.folder).hint == "apt-get install -y git"


def test_of_a_monorepo_only_the_apps_folder_travels(repo: Repo, host: Host) -> None:
    repo.write("services/shop/app.py", "shop")
    repo.write("services/shop/sub/x.txt", "x")
    repo.write("services/other/secret.py", "other")
    repo.commit()
    source = resolve(repo.folder / "services" / "shop")
    assert sorted(source.files) == ["app.py", "sub/x.txt"]
    host.receive(source)
    assert host.lay_down(source) == {"app.py": b"shop", "sub/x.txt": b"x"}


@pytest.mark.parametrize("name", [" a ", "-n", "new\nline", "ä b", ":(top)"])
def test_the_apps_folder_may_have_any_name(repo: Repo, name: str) -> None:
    repo.write(f"{name}/app.py", "1")
    repo.write("other.py", "2")
    repo.commit()
    assert list(resolve(repo.folder / name).files) == ["app.py"]
    repo.write(f"{name}/more.py", "3")
    assert list(resolve(repo.folder / name, dirty=True).files) == ["app.py", "more.py"]
    repo.write("elsewhere.py")
    repo.git("stash", "-q", "-u")
    repo.write("elsewhere.py")
    assert not resolve(repo.folder / name).dirty


def test_a_folder_that_the_commit_lacks_is_told(repo: Repo) -> None:
    repo.commit()
    repo.write("late/app.py")
    commit = repo.commit("Add it")
    error = refused(repo.folder / "late", "HEAD~1")
    assert error.message.startswith("the folder late/ is not part of commit ")
    assert resolve(repo.folder / "late", commit).commit == commit


def test_a_new_folder_can_be_shipped_dirty(repo: Repo) -> None:
    repo.commit()
    repo.write("late/app.py")
    source = resolve(repo.folder / "late", dirty=True)
    assert (source.dirty, list(source.files)) == (True, ["app.py"])


def test_what_a_program_has_made_belongs_into_gitignore(repo: Repo) -> None:
    repo.commit()
    repo.write("db.sqlite3")
    repo.write("shop/__pycache__/a.pyc")
    assert "db.sqlite3: a program made that, so list it in .gitignore. " in refused(repo.folder).hint


def test_uncommitted_work_is_refused_by_name(repo: Repo) -> None:
    repo.commit(app_py="1", b_py="2", c_py="3")
    repo.write("app.py", "changed")
    repo.write("it's new.py")
    (repo.folder / "b.py").unlink()
    error = refused(repo.folder)
    assert error.message == f"uncommitted work in {repo.folder}: app.py, b.py, it's new.py"
    assert "--dirty" in error.hint
    repo.git("mv", "c.py", "moved.py")
    assert refused(repo.folder).message.endswith(": app.py, b.py, moved.py ...")


def test_staged_work_is_uncommitted(repo: Repo) -> None:
    repo.commit(app_py="1")
    repo.write("app.py", "2")
    repo.git("add", ".")
    assert "app.py" in refused(repo.folder).message


def test_uncommitted_work_does_not_matter_where_a_ref_is_named(repo: Repo) -> None:
    repo.commit(app_py="1")
    repo.write("app.py", "2")
    source = resolve(repo.folder, "main")
    assert (source.read("app.py"), source.dirty) == (b"1", False)


def test_ignored_files_are_no_uncommitted_work(repo: Repo) -> None:
    repo.commit(_gitignore="*.log\n")
    repo.write("x.log")
    assert not resolve(repo.folder).dirty


def test_dirty_ships_the_work_tree_as_it_is(repo: Repo, host: Host) -> None:
    repo.commit(_gitignore="*.log\n", changed_py="1", deleted_py="2", staged_py="3")
    repo.write("x.log", "ignored")
    repo.write("changed.py", "new")
    repo.write("sub/untracked.py", "untracked")
    repo.write("staged.py", "staged")
    repo.git("add", "staged.py")
    repo.write("staged.py", "and changed again")
    (repo.folder / "deleted.py").unlink()
    source = resolve(repo.folder, dirty=True)
    assert (source.dirty, source.commit) == (True, repo.git("rev-parse", "HEAD"))
    host.receive(source)
    assert host.lay_down(source) == {
        ".gitignore": b"*.log\n",
        "changed.py": b"new",
        "staged.py": b"and changed again",
        "sub/untracked.py": b"untracked",
    }


def test_dirty_leaves_the_users_index_and_work_tree_alone(repo: Repo) -> None:
    repo.commit(a_py="1", b_py="2")
    repo.write("a.py", "staged")
    repo.git("add", "a.py")
    repo.write("a.py", "not staged")
    repo.write("new.py")
    index = (repo.folder / ".git" / "index").read_bytes()
    status = repo.git("status", "--porcelain")
    resolve(repo.folder, dirty=True)
    assert (repo.folder / ".git" / "index").read_bytes() == index
    assert repo.git("status", "--porcelain") == status


def test_dirty_without_changes_is_the_commit(repo: Repo) -> None:
    repo.commit()
    source = resolve(repo.folder, dirty=True)
    assert (source.dirty, source.tree) == (False, repo.git("rev-parse", "HEAD^{tree}"))


def test_dirty_takes_in_only_the_apps_folder(repo: Repo) -> None:
    repo.write("shop/app.py", "1")
    repo.commit()
    repo.write("other/x.py")
    assert not resolve(repo.folder / "shop", dirty=True).dirty


def test_dirty_and_a_ref_contradict_each_other(repo: Repo) -> None:
    repo.commit()
    assert refused(repo.folder, "main", dirty=True).message == "--dirty ships the work tree, --ref a commit"


@pytest.mark.parametrize(
    "variable", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"]
)
@pytest.mark.parametrize("dirty", [False, True])
def test_what_git_tells_its_hooks_does_not_confuse_us(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, dirty: bool
) -> None:
    commit = repo.commit(app_py="1")
    other = Repo(tmp_path / "other")
    other.commit(other_py="2")
    places = {"GIT_WORK_TREE": other.folder, "GIT_INDEX_FILE": other.folder / ".git" / "index", "GIT_PREFIX": "sub/"}
    monkeypatch.setenv(variable, str(places.get(variable, other.folder / ".git")))
    source = resolve(repo.folder, dirty=dirty)
    assert (source.commit, list(source.files), source.dirty) == (commit, ["app.py"], False)
    assert source.pack([])


def test_settings_of_the_user_do_not_confuse_us(repo: Repo, tmp_path: Path) -> None:
    repo.commit("Say ä", app_py="1")
    (tmp_path / "gitconfig").write_text(
        "[log]\nshowSignature = true\ndecorate = full\n[color]\nui = always\n[i18n]\nlogOutputEncoding = latin1\n"
        "[status]\nshort = true\nbranch = true\nrelativePaths = false\n[core]\nquotePath = true\n"
        "[pack]\npackSizeLimit = 1m\nthreads = 4\n"
    )
    source = resolve(repo.folder)
    assert source.subject == "Say ä"
    assert source.pack([])
    repo.write("ä b.py")
    assert refused(repo.folder).message.endswith(": ä b.py")


def test_replaced_objects_do_not_confuse_us(repo: Repo, host: Host) -> None:
    first = repo.commit("First", app_py="1")
    second = repo.commit("Second", app_py="2")
    repo.git("replace", second, first)
    source = resolve(repo.folder, second)
    assert (source.subject, source.read("app.py")) == ("Second", b"2")
    host.receive(source)
    assert host.lay_down(source) == {"app.py": b"2"}


def test_subjects_that_are_no_utf8_are_no_trouble(repo: Repo) -> None:
    message = repo.write("message", b"caf\xe9 \x1b[31m\n")
    repo.git("commit", "-q", "--allow-empty", "-F", str(message))
    message.unlink()
    assert resolve(repo.folder).subject.startswith("caf")


def test_a_commit_without_a_message_has_no_subject(repo: Repo) -> None:
    repo.git("commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
    assert resolve(repo.folder).subject == ""


def test_submodules_are_refused_since_their_content_would_be_missing(repo: Repo, tmp_path: Path) -> None:
    part = Repo(tmp_path / "part")
    part.commit(part_py="1")
    repo.write("app/app.py", "1")
    repo.commit()
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(part.folder), "app/vendor/part")
    repo.commit("Add a part")
    error = refused(repo.folder / "app")
    assert error.message == "the app has git submodules, which are not supported yet: vendor/part"
    assert resolve(repo.folder / "app", "HEAD~1").files


def test_an_app_may_be_a_submodule_itself(repo: Repo, tmp_path: Path) -> None:
    part = Repo(tmp_path / "part")
    commit = part.commit(part_py="1")
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(part.folder), "part")
    assert resolve(repo.folder / "part").commit == commit


def test_a_repository_with_sha256_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nobodys_settings(monkeypatch, tmp_path)
    folder = tmp_path / "new"
    subprocess.run(["git", "init", "-q", "--object-format=sha256", str(folder)], check=True)
    Repo(folder).commit(app_py="1")
    assert (
        refused(folder).message == f"the repository {folder} names its commits by SHA-256, which is not supported yet"
    )
