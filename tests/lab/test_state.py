from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import run

import pytest

from slipway.lab.state import FILE_NAME, LabHost, load_state, save_state

LAB1 = LabHost("lab1", "127.0.1.1", 22, 80, "root", "/x/id", "/x/known_hosts", "podman", "slipway-x-lab1")
LAB2 = LabHost("lab2", "127.0.0.1", 2202, 8102, "me", "/x/id", "/x/known_hosts", "local", "", True, "/x/lab2/srv", "me")


def test_no_lab_is_an_empty_state(tmp_path: Path) -> None:
    assert load_state(tmp_path / "nowhere") == {}


def test_hosts_come_back_as_they_were_written_in_their_order(tmp_path: Path) -> None:
    save_state(tmp_path, [LAB2, LAB1])
    assert list(load_state(tmp_path).items()) == [("lab2", LAB2), ("lab1", LAB1)]


def test_writing_leaves_only_the_whole_file(tmp_path: Path) -> None:
    save_state(tmp_path, [LAB1])
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"version": 99, "hosts": []}', '{"version": 1, "hosts": [{}]}']
)
def test_a_damaged_or_foreign_file_counts_as_no_lab(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    assert load_state(tmp_path) == {}


def test_keys_that_a_later_version_adds_do_not_matter(tmp_path: Path) -> None:
    save_state(tmp_path, [LAB1])
    document = json.loads((tmp_path / FILE_NAME).read_text())
    document["hosts"][0]["colour"] = "green"
    (tmp_path / FILE_NAME).write_text(json.dumps(document))
    assert load_state(tmp_path) == {"lab1": LAB1}


def test_the_url_names_a_port_only_where_it_is_not_the_usual_one() -> None:
    assert LAB1.url == "http://127.0.1.1/"
    assert LAB2.url == "http://127.0.0.1:8102/"


def test_reading_the_state_loads_nothing_heavy() -> None:
    heavy = ("subprocess", "socket", "tarfile", "fabric", "rich")
    code = f"import sys, slipway.lab; print(*(name for name in {heavy} if name in sys.modules))"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
