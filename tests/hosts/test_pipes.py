"""fab in a shell's pipelines: data goes on, and a reader that leaves early costs no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import FAB, GIT, ROOT, Project, Run

HOSTS = ("lab1", "lab2")


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    made = new_project("piped", on=HOSTS)
    made.deploy()
    for number in range(3):
        made.fab("run", f"--command=seq {number} 3000", "--name=count")
    return made


def shell(project: Project, line: str) -> Run:
    """Run a pipeline of bash, in which `fab` and `python` are those of the tests; its code is that of fab."""
    env = {**os.environ, **GIT, "SLIPWAY_INVENTORY": str(project.folder / "inventory.toml")}
    script = (
        f'fab() {{ {FAB} -r {ROOT} "$@"; }}; python() {{ {sys.executable} "$@"; }}; {line}; exit ${{PIPESTATUS[0]}}'
    )
    done = subprocess.run(
        ["bash", "-c", script], cwd=project.folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    return Run(done.returncode, done.stdout, done.stderr)


def quiet(run: Run) -> None:
    for word in ("Traceback", "Exception", "BrokenPipe", "Broken pipe"):
        assert word not in run.err, run.err
    assert run.code in (0, 141), run.text  # 141: as any program that SIGPIPE ends


@pytest.mark.parametrize(
    "words",
    [
        "logs",
        "logs --json",
        "logs --process=access,web,error --lines=5000",
        "status",
        "status --json",
        "releases",
        "history --json",
        "tasks --json",
        "tasks.logs --id=$(fab tasks --json | python -c "
        '\'import json, sys; print(json.load(sys.stdin)["hosts"]["lab1"][0]["id"])\')',
        "ps",
        "--list",
        "--help deploy",
        "deploy --dry --verbose",
    ],
)
def test_a_reader_that_has_seen_enough_ends_it_quietly(project: Project, words: str) -> None:
    run = shell(project, f"fab {words} | head -n 1")
    quiet(run)
    assert len(run.out.splitlines()) == 1


@pytest.mark.parametrize("words", ["status", "history --json", "logs -f"])
def test_a_reader_that_is_gone_from_the_beginning_does_so_too(project: Project, words: str) -> None:
    quiet(shell(project, f"fab {words} | true"))


def test_a_task_whose_reader_leaves_is_ended(project: Project) -> None:
    run = shell(project, 'fab run --command="yes slipway-piped" | head -n 2')
    assert run.out == "slipway-piped\nslipway-piped\n"
    assert "Traceback" not in run.err
    assert run.code == 141
    assert project.on("lab1", "pgrep -f '[y]es slipway-piped' || true") == ""


def test_data_arrives_whole_in_the_next_program(project: Project) -> None:
    """As jq reads it; the exit code is fab's own."""
    program = "import json, sys; print([(row['host'], row['well']) for row in json.load(sys.stdin)['hosts']])"
    run = shell(project, f'fab status --json | python -c "{program}"')
    assert (run.code, run.out, run.err) == (0, "[('lab1', True), ('lab2', True)]\n", "")
    for words in ("releases --json", "history --json", "tasks --json"):
        run = shell(project, f"fab {words} | cat")
        assert sorted(json.loads(run.out)["hosts"]) == sorted(HOSTS)
        assert run.err == ""


def test_nothing_but_data_and_no_colours_go_into_a_pipe(project: Project) -> None:
    for words in ("status", "releases", "history", "logs --lines=5", "tasks"):
        assert "\x1b" not in shell(project, f"FORCE_COLOR= fab {words} | cat").out


def test_a_failure_is_the_pipelines_if_the_shell_is_asked_for_it(project: Project) -> None:
    run = shell(project, "set -o pipefail; fab status --hosts=nope | cat")
    assert run.code == 2
    assert run.out == ""
    assert "unknown group, role or host" in run.err
