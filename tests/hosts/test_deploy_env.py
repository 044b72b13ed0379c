"""The app's environment: every byte arrives, and nobody else ever sees one."""

from __future__ import annotations

import re
import threading

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project, Run

HOST = "lab1"
# A word that no other program says: whoever prints it has leaked a value.
WORD = "zQx7secret"
VALUES = {
    "SPACES": f"  {WORD} with  spaces ",
    "QUOTES": f'{WORD} it\'s "quoted" `here`',
    "DOLLARS": f"{WORD} $HOME ${{PATH}} $(id) $$ \\$x",
    "LINES": f"{WORD}\nsecond line\n\n  fourth\\n\ttab\n",
    "SIGNS": f"{WORD} a=b;c&d|e<f>g*?[h]#i!j~k%l%%m^n\\",
    "UNICODE": f"{WORD} Grüße, 世界 🛳 \u00a0\u2028",
    "EMPTY": "",
}


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    return new_project("secrets", health="/healthz")


@pytest.fixture(scope="module")
def deployed(project: Project) -> list[str]:
    """Deploy in several ways while somebody on the host writes down all command lines; everything that was said."""
    (project.folder / "more.env").write_text(f"FROM_FILE='{WORD} of a \"file\" $HOME'\n")
    project.env.update(VALUES)
    project.tables["env_files"] = ["more.env"]
    project.configure()
    said: list[Run] = []
    watcher = threading.Thread(target=lambda: project.hosts.run(HOST, WATCH))
    watcher.start()
    try:
        said.append(project.fab("deploy", "--dry"))
        said.append(project.fab("deploy", "--verbose"))
        said.append(project.fab("deploy", "--verbose", "--force", SLIPWAY_DEBUG="1"))
        project.edit("requirements.txt", "idna==99999\n")
        said.append(project.fab("deploy", "--verbose"))
        project.edit("requirements.txt", "")
        project.replace("app.py", "STARTED = ", "assert False, 'broken'\nSTARTED = ")
        project.commit("Break it")
        said.append(project.fab("deploy", "--verbose"))
        said.append(project.fab("status"))
        said.append(project.fab("history"))
        said.append(project.fab("provision", "--verbose"))
    finally:
        project.on(HOST, "touch /tmp/enough")
        watcher.join()
    assert [run.code for run in said] == [0, 0, 0, 1, 1, 0, 0, 0], [run.text for run in said]
    return [run.text for run in said]


def test_every_value_arrives_byte_for_byte_in_the_running_process(project: Project, deployed: list[str]) -> None:
    found = project.environment(HOST, project.page(HOST)["pid"])
    for name, value in VALUES.items():
        assert found[name.encode()] == value.encode()
    assert found[b"FROM_FILE"] == f'{WORD} of a "file" $HOME'.encode()
    assert found[b"SLIPWAY_RELEASE"].decode() == project.current(HOST)
    assert found[b"LANG"] == b"C.UTF-8"


def test_no_output_holds_a_value(deployed: list[str]) -> None:
    for text in deployed:
        assert WORD not in text


def test_no_process_list_holds_a_value(project: Project, deployed: list[str]) -> None:
    watched = project.on(HOST, "cat /tmp/watched")
    assert "gunicorn" in watched, "the watcher saw nothing"
    assert "bash" in watched
    assert WORD not in watched


def test_no_file_but_the_env_file_holds_a_value(project: Project, deployed: list[str]) -> None:
    places = f"{project.base} /var/log /etc /tmp /var/tmp /run /home /root"
    files = project.on(HOST, f"grep -rlsF {WORD} {places} || true").splitlines()
    assert files
    assert [file for file in files if not re.fullmatch(rf"{project.base}/env/[^/]+\.env", file)] == []


def test_a_release_keeps_its_own_environment(project: Project, deployed: list[str]) -> None:
    old = project.current(HOST)
    project.git("reset", "-q", "--hard", "HEAD~1")
    project.env["EMPTY"] = "no more"
    project.configure()
    project.deploy("--allow-backwards")
    assert "EMPTY='no more'" in project.on(HOST, f"cat env/{project.current(HOST)}.env")
    assert "EMPTY=''" in project.on(HOST, f"cat env/{old}.env")
    assert project.fab("rollback").code == 0
    assert project.environment(HOST, project.page(HOST)["pid"])[b"EMPTY"] == b""


# Every command line that was ever there, many times a second.
WATCH = r"""
rm -f /tmp/enough
for ((round = 0; round < 3000; round++)); do
  [[ ! -e /tmp/enough ]] || break
  cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\0' ' '
  sleep 0.02
done > /tmp/watched
rm -f /tmp/enough
"""
