"""`fab plan` as a person reads it."""

from __future__ import annotations

from msgspec.structs import replace

from slipway.detect.classify_new_migrations import MigrationOperation, NewMigration
from slipway.detect.dependency_changes import PackageChange
from slipway.operations.compare_env import Difference
from slipway.operations.planned_changes import CodeChange, HostChange
from slipway.output.planned_changes import anything, planned_changes
from slipway.source.commits_between import Commit, FileChange

RELEASE = "20261120-131502-abc1234"
CODE = CodeChange(
    "abc1234" * 5 + "abcde", "def5678" * 5 + "defab", "sideways", 2, 1,
    [Commit("def5678aa", "Ann", "2026-11-20T12:00:00+00:00", "Second"),
     Commit("0123456aa", "Bob", "2026-11-19", "First")],
    [Commit("abc1234aa", "Ann", "2026-11-18", "Old")],
    [FileChange("a.py", "added"), FileChange("b.py", "changed"), FileChange("c.py", "changed")],
    [PackageChange("django", "5.1", "5.2"), PackageChange("new", "", "1"), PackageChange("old", "2", "")],
    [NewMigration("blog.0002", "x", (MigrationOperation("DeleteModel A", "breaks", "it is used"),
                                     MigrationOperation("CreateModel B", "safe")))],
)  # fmt: skip
WORKER = ["@@ -0,0 +1,3 @@", "+[program:ID.worker]", "+command=run worker", "+directory=/srv"]
HOST = HostChange(RELEASE, False, CODE, {"nginx.conf": ["@@ -1 +1 @@", "-a", "+b"], "worker.program": WORKER}, 12.0)
SAME = HostChange(RELEASE, True, None, {}, None)


def test_everything_that_a_deploy_would_change_is_told_once_for_all_hosts() -> None:
    env = [Difference("DEBUG", "removed", ("web1", "web2")), Difference("MAIL", "added", ("web2",))]
    drift = {"web2": ["nginx serves no https yet"]}
    assert planned_changes({"web1": HOST, "web2": HOST}, env, drift, "def5678") == [
        "web1  abc1234 → def5678",
        "web2  abc1234 → def5678",
        "  note: nginx serves no https yet",
        "",
        "Code",
        "2 commits to come, 1 commit taken back, to another branch, which needs --allow-backwards",
        "  + def5678 2026-11-20 Ann: Second",
        "  + 0123456 2026-11-19 Bob: First",
        "  - abc1234 2026-11-18 Ann: Old",
        "3 files: 1 added, 2 changed",
        "  added    a.py",
        "  changed  b.py",
        "  changed  c.py",
        "",
        "Packages",
        "  django: 5.1 → 5.2",
        "  new: 1 (new)",
        "  old: 2 (no longer needed)",
        "",
        "Migrations, new in this commit",
        "  blog.0002",
        "    DeleteModel A  breaks the old code: it is used",
        "    CreateModel B  safe beside the old code",
        "",
        "Configuration: nginx.conf",
        "@@ -1 +1 @@",
        "-a",
        "+b",
        "",
        "Process worker: new",
        "+command=run worker",
        "",
        "Environment (names; values stay hidden)",
        "  DEBUG: removed",
        "  MAIL: added (web2)",
        "",
        "a deploy would change web1, web2; earlier deploys took about 12.0 s",
    ]


def test_what_differs_between_hosts_names_them() -> None:
    lines = planned_changes({"web1": HOST, "web2": SAME}, [], {}, "def5678")
    assert lines[:2] == ["web1  abc1234 → def5678", "web2  abc1234, nothing to do"]
    assert "Code (web1)" in lines
    assert "Configuration: nginx.conf (web1)" in lines
    assert lines[-1].startswith("a deploy would change web1;")


def test_nothing_to_do_is_said_as_that() -> None:
    found = {"web1": SAME, "web2": SAME}
    assert planned_changes(found, [], {}, "abc1234")[-1] == "a deploy has nothing to do: every host serves this already"
    assert not anything(found, [Difference("A", "differs", ("web1", "web2"))])
    assert anything(found, [Difference("A", "added", ("web1",))])
    assert anything({"web1": HOST}, [])


def test_long_lists_are_cut_and_say_so_unless_all_is_wanted() -> None:
    files = [FileChange(f"{number}.py", "added") for number in range(30)]
    found = {"web1": replace(HOST, code=replace(CODE, files=files))}
    short, whole = planned_changes(found, [], {}, "d"), planned_changes(found, [], {}, "d", verbose=True)
    assert "  and 20 more (--verbose shows them)" in short
    assert "  added    29.py" not in short
    assert "  added    29.py" in whole
    assert "+directory=/srv" in whole


def test_a_host_without_a_release_shows_no_configuration_as_new() -> None:
    bare = replace(HOST, release="", code=CodeChange("", "def", "first"))
    lines = planned_changes({"web1": bare}, [], {}, "def5678")
    assert lines[:5] == ["web1  nothing deployed → def5678", "", "Code", "nothing runs there yet", ""]
