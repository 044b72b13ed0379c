"""Promise 6: a value of the environment is seen nowhere, wherever it comes from and whatever goes wrong."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import FAB, ROOT, Project

ON = ("lab1", "lab2")
# Words that no other program says: whoever prints one of them has leaked a value.
WORDS = {
    "IN_FILE": "qXfile7plant",
    "IN_TABLE": "qXtable7plant",
    "FROM_COMMAND": "qXcommand7plant",
    "FROM_COMMANDS": "qXcommands7plant",
    "BY_STDIN": "qXstdin7plant",
    "BY_FILE": "qXsetfile7plant",
    "BY_WORD": "qXword7plant",
}
ALL = "q[X](file|table|command|commands|stdin|setfile|word)7plant"


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    project = new_project("hush", "tiny", ON, health="/healthz")
    (project.folder / "more.env").write_text(f"IN_FILE='{WORDS['IN_FILE']} \"of\" $a file'\n")
    (project.folder / "set.env").write_text(f"BY_FILE='{WORDS['BY_FILE']}'\n")
    (project.folder / "one").write_text(f"{WORDS['FROM_COMMAND']}\n")
    (project.folder / "many").write_text(f"FROM_COMMANDS={WORDS['FROM_COMMANDS']}\n")
    project.tables["env_files"] = ["more.env"]
    project.tables["env_commands"] = ["cat many"]
    project.env.update(
        {"IN_TABLE": WORDS["IN_TABLE"], "FROM_COMMAND": {"command": "cat one"}, "GENERATED": {"generate": 40}}
    )
    project.configure()
    return project


class Watcher:
    """Writes down all command lines on the hosts and here, many times a second, while the `with` block lasts."""

    def __init__(self, project: Project) -> None:
        self.project, self.over, self.here = project, threading.Event(), set[bytes]()
        self.threads = [threading.Thread(target=project.on, args=(host, WATCH)) for host in ON]
        self.threads.append(threading.Thread(target=self.watch))

    def watch(self) -> None:
        while not self.over.wait(0.02):
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    self.here.add((folder / "cmdline").read_bytes())
                except OSError:
                    continue

    def __enter__(self) -> Watcher:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.project.on_all("touch enough")
        for thread in self.threads:
            thread.join()


@pytest.fixture(scope="module")
def whole(project: Project) -> tuple[list[str], Watcher]:
    """A day's work with everything that can go wrong; all that was said, and all command lines."""
    said: list[str] = []
    codes: list[int] = []

    def fab(*words: str, stdin: str | None = None, **variables: str) -> None:
        if stdin is None:
            run = project.fab(*words, **variables)
            code, text = run.code, run.text
        else:
            done = subprocess.run(
                [str(FAB), "-r", str(ROOT), *words], cwd=project.folder, input=stdin, text=True, capture_output=True
            )
            code, text = done.returncode, done.stdout + done.stderr
        codes.append(code)
        said.append(text)

    with Watcher(project) as watcher:
        fab("env.set", "BY_STDIN=-", "--verbose", stdin=f"{WORDS['BY_STDIN']}\nsecond line\n")
        fab("deploy", "--dry", "--verbose")
        fab("deploy", "--verbose")
        fab("env.set", "--from=set.env", "--verbose", SLIPWAY_DEBUG="1")
        fab("deploy", "--force", "--verbose", SLIPWAY_DEBUG="1")
        fab("env")
        fab("env", "--json")
        fab("env.diff")
        fab("env.diff", "--json")
        fab("status", "--json")
        fab("history", "--json")
        fab("releases", "--json")
        fab("scale", "--process=web", "--count=3", "--verbose")
        fab("rollback", "--verbose")
        fab("env.unset", "IN_TABLE", "--verbose")
        fab("run", "--command=true")
        project.replace("app.py", "STARTED = ", "assert False, 'broken'\nSTARTED = ")
        project.commit("Break it")
        fab("deploy", "--verbose")
        fab("logs", "--lines=200")
        project.tables["env_required"] = ["NOWHERE"]
        project.configure()
        fab("deploy", "--verbose", SLIPWAY_DEBUG="1")
        project.tables["env_required"] = []
        project.tables["env_commands"] = ["cat many; exit 3"]
        project.configure()
        fab("deploy", "--verbose")
        project.tables["env_commands"] = ["cat many"]
        project.configure()
        fab("provision", "--verbose")
    assert codes == [0] * 5 + [0] * 2 + [0] * 2 + [0] * 7 + [1, 0, 1, 2, 0], list(zip(codes, said, strict=True))
    # What is typed as a word is in the process list of the machine where it is typed, as the documentation says.
    fab("env.set", f"BY_WORD={WORDS['BY_WORD']}", "--verbose")
    assert codes[-1] == 0, "the commit that runs is deployed, and not the broken one that is checked out"
    return said, watcher


def generated(project: Project) -> str:
    found = project.environment("lab1", project.page("lab1")["pid"])
    return found[b"GENERATED"].decode()


def test_the_values_are_there(project: Project, whole: object) -> None:
    for host in ON:
        found = project.environment(host, project.page(host)["pid"])
        for name in ("IN_FILE", "FROM_COMMAND", "FROM_COMMANDS", "BY_STDIN", "BY_FILE"):
            assert WORDS[name] in found[name.encode()].decode()
        assert b"IN_TABLE" not in found
        assert len(found[b"GENERATED"]) == 40


def test_no_output_holds_a_value(project: Project, whole: tuple[list[str], Watcher]) -> None:
    made = generated(project)
    for text in whole[0]:
        assert not re.search(ALL, text)
        assert made not in text


def test_no_command_line_holds_a_value(project: Project, whole: tuple[list[str], Watcher]) -> None:
    made = generated(project)
    here = b"\n".join(whole[1].here).decode("utf-8", "replace")
    assert "env.unset" in here, "the watcher here saw nothing"
    for seen in (here, *project.on_all("cat watched").values()):
        assert "bash" in seen, "the watcher saw nothing"
        assert not re.search(ALL, seen)
        assert made not in seen


def test_no_file_but_those_of_the_environment_holds_a_value(project: Project, whole: object, needs_root: None) -> None:
    places = f"{project.base} /var/log /etc /tmp /var/tmp /run /home /root /dev/shm"
    journal = "journalctl --no-pager 2> /dev/null || true"
    for word in (ALL, generated(project)):
        for host in ON:
            files = project.on(host, f"grep -rlsE '{word}' {places} || true").splitlines()
            assert len(files) > 4
            own = rf"{re.escape(project.base_on(host))}/env/[^/]+\.(env|kept)"
            assert [file for file in files if not re.fullmatch(own, file)] == []
            assert project.on(host, f"({journal}) | grep -cE '{word}' || true") == "0"


def test_only_the_app_reads_its_environment_and_only_the_deploying_account_what_is_kept(
    project: Project, whole: object, needs_root: None
) -> None:
    for host in ON:
        modes = set(project.on(host, "stat -c '%a %U %G' env/*.env").splitlines())
        assert modes == {f"640 deploy {project.name}"}
        assert set(project.on(host, "stat -c '%a %U' env/*.kept").splitlines()) == {"600 deploy"}
        for kind, code in (("env", 0), ("kept", 1)):
            done = project.hosts.run(host, f"runuser -u {project.name} -- cat {project.base}/env/*.{kind} > /dev/null")
            assert done.returncode == code
        assert project.hosts.run(host, f"runuser -u nobody -- ls {project.base}/env").returncode != 0


def test_nothing_is_left_here(project: Project, whole: object) -> None:
    mine = {"more.env", "set.env", "one", "many", "inventory.toml"}
    found = {path.name for path in project.folder.iterdir() if path.is_file()}
    assert found == mine
    new = [path for path in Path("/tmp").glob("slipway.*") if path.stat().st_mtime > time.time() - 600]
    assert new == []


# Every command line that was ever there, many times a second.
WATCH = r"""
rm -f enough
for ((round = 0; round < 6000; round++)); do
  [[ ! -e enough ]] || break
  cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\0' ' '
  sleep 0.02
done > watched
"""
