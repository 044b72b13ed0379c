"""`restart`: prepares what a restart needs, from the files of the release."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from msgspec.structs import replace

from slipway.model.layout import Layout
from slipway.remote.supervisor.program_names import named, parse, socket_of
from slipway.steps.boot_options import question_files, web_question_files
from slipway.steps.config import program_files
from tests.remote.run_program import Done
from tests.remote.supervisor_bench import Bench
from tests.steps.targets import target

ID = target().release.id


@pytest.fixture
def release(bench: Bench) -> Path:
    """The configuration of a release, as a deploy writes it, moved to the bench."""
    made = replace(target(), layout=Layout(PurePosixPath(bench.base)))
    folder = bench.base / "releases" / ID
    (folder / "conf").mkdir(parents=True)
    (folder / "run").mkdir()
    (folder / "run" / "web.sock").symlink_to("web.1.sock")
    for path, text in {**program_files(made), **question_files(made), **web_question_files(made, "")}.items():
        Path(path).write_text(text)
    return folder


def again(bench: Bench, *processes: str, **more: Any) -> Done:
    options = {"supervisor": bench.supervisor, "base": str(bench.base), "release": ID}
    return bench.run(
        "supervisor.make_restart_programs",
        {**options, "processes": processes, "stopped": f"{bench.base}/stopped", **more},
    )


def told(release: Path, name: str) -> Any:
    return json.loads((release / "conf" / "again" / name).read_text())


def test_the_web_server_gets_a_name_a_log_and_a_socket_of_its_own(bench: Bench, release: Path) -> None:
    assert again(bench, "web").facts["restarting"] == ["web"]
    old, new = ((release / "conf" / name).read_text() for name in ("web.program", "again/web.program"))
    assert old.replace(f"{ID}.web]", f"{ID}.web_2]").replace("web.1.sock", "web.2.sock").replace(
        f"web.{ID}.log", f"web.2.{ID}.log"
    ) == new  # fmt: skip
    boot = told(release, "boot.json")
    assert boot["programs"] == [f"{ID}.web_2"] == [boot["web"]]
    assert boot["sockets"] == {boot["web"]: boot["socket"]}
    assert boot["socket"] == f"{release}/run/web.2.sock"
    assert boot["files"] == {boot["web"]: f"{bench.base}/supervisor.d/{ID}.web_2.conf"}
    links = ("run/web.sock", "conf/again/web.sock.new", "conf/again/web.sock.back")
    assert [os.readlink(release / link) for link in links] == ["web.1.sock", "web.2.sock", "web.1.sock"]
    assert os.listdir(release / "run") == ["web.sock"], "the app could have a link there before"
    assert not (release / "conf" / "again" / "whole.json").exists()


def test_only_what_is_named_is_started_but_the_release_knows_all(bench: Bench, release: Path) -> None:
    again(bench, "mails")
    assert told(release, "workers.json")["programs"] == [f"{ID}.mails_2"] == told(release, "whole.json")["programs"]
    assert not (release / "conf" / "again" / "boot.json").exists()


def test_the_next_restart_takes_the_first_name_again(bench: Bench, release: Path) -> None:
    first = (release / "conf" / "web.program").read_text(), json.loads((release / "conf" / "boot.json").read_text())
    again(bench, "web")
    for name in ("web.program", "boot.json"):
        (release / "conf" / "again" / name).rename(release / "conf" / name)
    again(bench, "web")
    assert (release / "conf" / "again" / "web.program").read_text() == first[0]
    assert told(release, "boot.json") == first[1]


def test_a_name_that_is_still_in_use_is_not_taken(bench: Bench, release: Path) -> None:
    bench.add(f"{ID}.web_2", bench.base, "/bin/sleep 100")
    again(bench, "web")
    assert told(release, "boot.json")["programs"] == [f"{ID}.web_3"]


def test_what_is_stopped_stays_so_and_what_is_unknown_is_said(bench: Bench, release: Path) -> None:
    (bench.base / "stopped").mkdir()
    (bench.base / "stopped" / "mails").touch()
    assert again(bench).facts["restarting"] == ["web"]
    assert "fab start --process=mails" in again(bench, "mails").text
    assert "it has mails, web" in again(bench, "beat").text


def test_a_release_of_old_says_what_to_do(bench: Bench, release: Path) -> None:
    (release / "run" / "web.sock").unlink()
    assert "fab deploy --again" in again(bench).text
    assert socket_of(str(bench.base), f"{ID}.web") == f"{release}/run/web.sock"


@pytest.mark.parametrize("generation", [1, 2, 12])
def test_names_are_read_as_they_are_written(generation: int) -> None:
    assert parse(named(ID, "send-mails", generation)) == (ID, "send-mails", generation)
