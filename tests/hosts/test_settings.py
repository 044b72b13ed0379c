"""Environment and scale of what runs: changed like a deploy, taken over by the next one, brought back by a rollback."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.load import Visitors
from tests.hosts.project import FAB, ROOT, Project, Run

ON = ("lab1", "lab2")
AWKWARD = {
    "SPACES": "  two  words ",
    "QUOTES": 'it\'s "quoted" `here`',
    "DOLLARS": "$HOME ${PATH} $(id) $$ \\$x",
    "LINES": "first\nsecond\n\n  fourth\\n\ttab\r\n",
    "SIGNS": "a=b;c&d|e<f>g*?[h]#i!j~k%l%%m^n\\",
    "UNICODE": "Grüße, 世界 🛳 \u00a0\u2028",
    "EMPTY": "",
    "DASH": "-x",
}
WORKERS = {"worker": "python worker.py", "idle": {"command": "sleep 1000", "count": 2}}


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("settings", "tiny", ON, health="/healthz", keep=3, processes=WORKERS)
    # With BAD=1 it boots, and answers its health check badly.
    project.replace(
        "app.py", "    data = json", '    if os.environ.get("BAD"):\n        status = "500 Oh"\n    data = json'
    )
    project.commit("Be bad if asked to")
    project.env.update({"PLAIN": "from the inventory", "KEY": {"generate": 40}})
    project.tables["env_required"] = ["NEEDED"]
    project.configure()
    return project


def environment(project: Project, host: str) -> dict[str, str]:
    """What the web process really has."""
    found = project.environment(host, project.page(host)["pid"])
    return {name.decode(): value.decode() for name, value in found.items()}


def everywhere(project: Project, name: str) -> list[str | None]:
    return [environment(project, host).get(name) for host in project.on_hosts]


def piped(project: Project, text: str, *words: str) -> Run:
    """Run fab with something on its standard input."""
    done = subprocess.run(
        [str(FAB), "-r", str(ROOT), *words],
        cwd=project.folder,
        input=text,
        text=True,
        capture_output=True,
        check=False,
        timeout=150,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def good(run: Run) -> Run:
    assert run.code == 0, run.text
    return run


def told(project: Project, *words: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(good(project.fab(*words, "--json")).out)
    return data["hosts"]  # type: ignore[no-any-return]


def test_a_required_name_without_a_value_stops_a_deploy_before_anything_is_begun(project: Project) -> None:
    run = project.failing()
    assert "required in the environment, and without a value: NEEDED\n" in run.err
    assert "fab env.set NAME" in run.err
    assert project.on("lab1", "ls releases env") == "env:\n\nreleases:"


def test_what_is_set_before_the_first_deploy_is_in_the_first_release(project: Project) -> None:
    assert "the first `fab deploy` takes it over" in good(project.fab("env.set", "NEEDED=at last")).out
    assert project.on("lab1", "stat -c '%a %U' env/first.kept").split()[0] == "600"
    project.deploy()
    assert everywhere(project, "NEEDED") == ["at last"] * 2
    key = everywhere(project, "KEY")
    assert key[0] == key[1]
    assert key[0]
    assert len(key[0]) == 40
    assert project.on("lab1", "ls env | sort").split() == [
        f"{project.current('lab1')}.{kind}" for kind in ("env", "kept")
    ]
    assert project.on("lab1", "stat -c %a env/*.kept env/*.env") == "600\n640"


def test_a_deploy_of_the_same_finds_nothing_to_do_and_a_new_commit_takes_the_settings_over(project: Project) -> None:
    key, release = everywhere(project, "KEY"), project.current("lab1")
    assert "nothing to do" in good(project.fab("deploy")).out
    assert project.current("lab1") == release
    project.say("another page")
    good(project.fab("deploy"))
    assert project.page("lab1")["text"] == "another page"
    assert (everywhere(project, "KEY"), everywhere(project, "NEEDED")) == (key, ["at last"] * 2)


def test_awkward_values_arrive_byte_for_byte_whichever_way_they_come(project: Project) -> None:
    words = [f"{name}={value}" for name, value in AWKWARD.items()]
    good(project.fab("env.set", *words))
    good(piped(project, f"{AWKWARD['LINES']}\n", "env.set", "PIPED=-"))
    good(piped(project, "ONE='from  stdin'\nTWO=\"a\\nb\"\n", "env.set", "--stdin"))
    (project.folder / "new.env").write_text("THREE='from $a file'\n")
    good(project.fab("env.set", "--from", "new.env", "MADE", "--generate"))
    for host in ON:
        found = environment(project, host)
        assert {name: found[name] for name in AWKWARD} == AWKWARD
        assert found["PIPED"] == AWKWARD["LINES"]
        assert (found["ONE"], found["TWO"], found["THREE"], len(found["MADE"])) == (
            "from  stdin",
            "a\nb",
            "from $a file",
            50,
        )


def test_a_change_deploys_the_commit_that_runs_and_not_what_came_after(project: Project) -> None:
    commit = project.git("rev-parse", "HEAD")
    project.say("not yet")
    good(project.fab("env.set", "PLAIN=set by hand"))
    assert project.page("lab2")["text"] == "another page"
    assert project.current("lab1").endswith(commit[:7])
    assert everywhere(project, "PLAIN") == ["set by hand"] * 2
    project.git("reset", "-q", "--hard", commit)


def test_names_are_listed_with_where_they_come_from_and_no_value_is(project: Project) -> None:
    run = good(project.fab("env"))
    for value in ("set by hand", "at last", "two  words", environment(project, "lab1")["KEY"]):
        assert value not in run.text
    rows = {row["name"]: row for row in told(project, "env")["lab2"]}
    assert (rows["PLAIN"]["origin"], rows["PLAIN"]["state"]) == ("env.set", "overrules [env]")
    assert rows["KEY"]["origin"] == "[env], generated"
    assert "@" in rows["KEY"]["who"]
    assert "only on" not in run.out
    assert good(project.fab("env", "--reveal=DOLLARS")).out == AWKWARD["DOLLARS"]
    assert project.fab("env", "--reveal=NOWHERE").code == 1


def test_history_names_what_was_changed_and_no_value(project: Project) -> None:
    run = good(project.fab("history"))
    assert "env.set" in run.out
    assert "PLAIN" in run.out
    data = told(project, "history")["lab1"][-1]
    assert (data["operation"], data["message"]) == ("env.set", "PLAIN")
    assert "set by hand" not in project.on("lab1", "cat history.jsonl")


def test_a_name_is_taken_away_and_comes_back_as_the_inventory_has_it(project: Project) -> None:
    good(project.fab("env.unset", "PLAIN", "DASH", "--hosts=lab"))
    assert (everywhere(project, "PLAIN"), everywhere(project, "DASH")) == ([None] * 2, [None] * 2)
    good(project.fab("deploy", "--again"))
    assert everywhere(project, "PLAIN") == [None] * 2
    good(project.fab("env.reset", "PLAIN"))
    assert everywhere(project, "PLAIN") == ["from the inventory"] * 2
    run = project.fab("env.unset", "DASHH")
    assert (run.code, "not in the environment: DASHH" in run.err) == (1, True)
    run = project.fab("env.unset", "NEEDED")
    assert (run.code, "without a value: NEEDED" in run.err) == (1, True)
    assert everywhere(project, "NEEDED") == ["at last"] * 2


def test_a_rollback_brings_the_old_environment_back_and_the_next_deploy_starts_from_it(project: Project) -> None:
    good(project.fab("env.set", "NEEDED=worse"))
    assert everywhere(project, "NEEDED") == ["worse"] * 2
    back = good(project.fab("rollback"))
    assert everywhere(project, "NEEDED") == ["at last"] * 2
    assert "an earlier release of the same commit" in back.out
    assert "The environment is that of this release again: NEEDED has its earlier value." in back.out
    assert "at last" not in back.text and "worse" not in back.text
    assert re.search(r"rollback to \S+ \".+\" done on 2 hosts", back.out)
    good(project.fab("deploy", "--again"))
    assert everywhere(project, "NEEDED") == ["at last"] * 2


def test_a_value_with_which_the_app_is_not_healthy_never_serves(project: Project) -> None:
    before = project.traces()
    with Visitors(project) as visitors:
        run = project.fab("env.set", "BAD=1")
    visitors.check(least=5)
    assert run.code == 1
    assert "500" in run.err
    assert "every host serves what it served before" in run.err
    assert project.traces() == before
    assert everywhere(project, "BAD") == [None] * 2


def test_differences_are_told_by_name(project: Project) -> None:
    assert good(project.fab("env.diff")).out == "the environment of every host is what a deploy would bring\n"
    good(project.fab("env.set", "ALONE=1", "--hosts=lab2"))
    run = project.fab("env.diff", "--json")
    assert run.code == 1
    assert json.loads(run.out)["differences"] == [
        {"name": "ALONE", "change": "added", "hosts": ["lab1"]},
        {"name": "ALONE", "change": "differs", "hosts": ["lab1", "lab2"]},
    ]
    run = good(project.fab("deploy"))
    assert "note: lab1: its overrides are replaced by the newer ones of lab2: ALONE" in run.out
    assert everywhere(project, "ALONE") == ["1"] * 2
    good(project.fab("env.diff"))


def test_scale_holds_until_told_otherwise_and_loses_no_request(project: Project) -> None:
    with Visitors(project) as visitors:
        good(project.fab("scale", "--process=web", "--count=4"))
        good(project.fab("scale", "--process", "idle", "--count", "0"))
    visitors.check()
    project.deploy()
    for host in ON:
        assert "workers = 4" in project.on(host, "cat current/conf/gunicorn.conf.py")
        assert project.on(host, "ls current/conf/*.program | xargs -n1 basename").split() == [
            "web.program",
            "worker.program",
        ]
    rows = {row["process"]: (row["count"], row["inventory"]) for row in told(project, "scale")["lab1"]}
    assert rows == {"web": (4, 2), "worker": (1, 1), "idle": (0, 2)}
    status = good(project.fab("status")).out
    assert "web scaled to 4, 2 in the inventory" in status
    assert "idle scaled to 0, 2 in the inventory" in status
    assert "nothing to do" in good(project.fab("deploy")).out


def test_a_rollback_takes_a_scale_back_too_and_reset_forgets_it(project: Project) -> None:
    good(project.fab("scale", "--process=web", "--count=1"))
    assert told(project, "scale")["lab2"][0]["count"] == 1
    good(project.fab("rollback"))
    assert told(project, "scale")["lab2"][0]["count"] == 4
    good(project.fab("scale", "--reset"))
    assert [row["count"] for row in told(project, "scale")["lab2"]] == [2, 1, 2]
    assert "scaled" not in good(project.fab("status")).out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--process=web", "--count=0"], "web cannot have 0 workers"),
        (["--process=wrker", "--count=1"], "there is no process 'wrker'"),
        (["--process=web"], "say --process=NAME --count=N, or --reset"),
    ],
)
def test_a_scale_that_makes_no_sense_is_refused_before_anybody_is_contacted(
    project: Project, words: list[str], message: str
) -> None:
    run = project.fab("scale", *words)
    assert (run.code, message in run.err) == (2, True), run.text


def test_what_cannot_be_made_again_from_git_is_said(project: Project) -> None:
    commit = project.git("rev-parse", "HEAD")
    project.say("soon gone")
    good(project.fab("deploy"))
    project.git("reset", "-q", "--hard", commit)
    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("gc", "-q", "--prune=now")
    run = project.fab("env.set", "X=1")
    assert run.code == 1
    assert "which runs on the hosts" in run.err
    assert "git fetch" in run.err
    run = project.fab("deploy")
    assert (run.code, "this clone does not have it" in run.err) == (1, True)
    good(project.fab("deploy", "--allow-backwards"))


def test_a_release_of_uncommitted_work_can_be_changed_where_it_came_from(project: Project) -> None:
    project.replace("app.py", 'TEXT = "', 'TEXT = "dirty ')
    good(project.fab("deploy", "--dirty"))
    good(project.fab("env.set", "X=1"))
    assert project.page("lab1")["text"].startswith("dirty")
    project.git("checkout", "-q", ".")
    good(project.fab("deploy"))
    assert everywhere(project, "X") == ["1"] * 2


def test_a_host_that_joins_gets_what_the_others_keep(project: Project) -> None:
    project.on_hosts = ("lab1", "lab2", "lab3")
    project.configure()
    good(project.fab("provision", "--hosts=lab3"))
    run = project.fab("env.set", "Y=1")
    assert (run.code, "nothing has been deployed yet on lab3" in run.err) == (1, True)
    run = good(project.fab("deploy"))
    assert "note: lab3: gets the overrides of lab1:" in run.out
    for name in ("KEY", "NEEDED", "X", "UNICODE"):
        values = everywhere(project, name)
        assert values == [values[0]] * 3
        assert values[0]
    good(project.fab("env.diff"))


def test_groups_that_share_no_host_exchange_nothing(project: Project) -> None:
    project.tables["default"] = "all"
    project.tables["groups"] = {
        "stage": {"hosts": ["lab1"], "lab": True},
        "prod": {"hosts": ["lab2", "lab3"], "lab": True},
    }
    project.configure()
    good(project.fab("env.set", "SIDE=1", "--hosts=stage"))
    run = good(project.fab("deploy", "--again"))
    assert "note:" not in run.out
    assert everywhere(project, "SIDE") == ["1", None, None]
    for host in project.on_hosts:
        assert project.on(host, "ls env/*.kept | wc -l") == project.on(host, "ls releases | wc -l")
