"""Paths that rsync is given reach the host byte for byte, and no shell there reads them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PurePosixPath

import pytest
from fabric import Config, Connection
from invoke import Result

from slipway.fleet.rsync import _refused, send
from slipway.inventory import App, Host
from slipway.model.step import Upload

# Does what OpenSSH and sshd do with a command: its words become one text, which the login's shell reads.
SSH = """#!/bin/bash
while [[ $1 == -* ]]; do case $1 in -o | -p | -i | -l | -F | -J) shift 2 ;; *) shift ;; esac; done
shift
exec bash -c "$*"
"""


@pytest.mark.skipif(not shutil.which("rsync"), reason="rsync is not installed")
@pytest.mark.parametrize("name", ["dist", "a`touch${IFS}stolen`", "$(touch stolen)", "a b", "-x", "it's", 'a"b', "a*?"])
def test_no_shell_reads_a_path(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    ssh = tmp_path / "bin/ssh"
    ssh.write_text(SSH)
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "from" / name).mkdir(parents=True)
    (tmp_path / "from" / name / "x.js").write_text("built")
    monkeypatch.setattr("patchwork.environment.have_program", lambda connection, program: True)
    connection = Connection("nowhere.test", config=Config(overrides={"run": {"in_stream": False}}), user="deploy")
    send(
        connection,
        Host(name="web1", app=App(name="shop"), address="nowhere.test"),
        Upload(tmp_path / "from" / name, PurePosixPath(tmp_path / "to" / name)),
    )
    assert (tmp_path / "to" / name / "x.js").read_text() == "built"
    assert not (tmp_path / "stolen").exists()


def test_a_login_shell_that_prints_is_told_with_what_to_do() -> None:
    said = (
        "protocol version mismatch -- is your shell clean?\n(see the rsync manpage for an explanation)\nrsync error: x"
    )
    error = _refused("web1: dist could not be sent", Host(name="web1", app=App(name="shop")), Result(stderr=said))
    assert "the login shell of deploy prints something there" in error.message
    assert error.hint.endswith("[[ $- == *i* ]] || return")
