"""A process is heard until it has ended itself: what it leaves behind with the same pipe is not waited for."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from slipway.core.shell import PRELUDE, Script, piped, sh
from slipway.remote import program
from slipway.remote.host.read_output_until_exit import OUTPUT_PIECE, ProcessOutput, last_output
from slipway.steps.common import passed_on

LEFT = "setsid sleep 20 & "


def bash(script: Script) -> tuple[int, str, float]:
    """Exit code, output and seconds of a script."""
    began = time.monotonic()
    # In a file: what is left behind must keep no pipe of ours open.
    read, write = os.pipe()
    with os.fdopen(read, "rb") as heard:
        done = subprocess.Popen(["bash", "-c", f"{PRELUDE}{script}"], stdout=write, stderr=write)
        os.close(write)
        said = b"".join(iter(lambda: ProcessOutput(heard.fileno(), done.pid).read(OUTPUT_PIECE) or b"", b""))
        return done.wait(), said.decode("utf-8", "replace"), time.monotonic() - began


@pytest.fixture(params=[True, False])
def _kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that tells when a process ends, and one that does not."""
    if not request.param:
        monkeypatch.delattr(os, "pidfd_open", raising=False)


@pytest.mark.usefixtures("_kernel")
def test_a_command_is_over_when_it_has_ended_whatever_it_leaves_behind() -> None:
    began = time.monotonic()
    assert last_output(["sh", "-c", f"{LEFT} echo said; exit 3"], 100, 30) == (3, b"said\n")
    assert last_output(["sh", "-c", "echo one; sleep 0.3; echo two"], 4, 30) == (0, b"two\n")
    assert last_output(["sh", "-c", "exec >&-; sleep 0.3; exit 5"], 4, 30) == (5, b"")
    assert time.monotonic() - began < 5


@pytest.mark.usefixtures("_kernel")
def test_a_command_that_does_not_end_is_given_up() -> None:
    began = time.monotonic()
    assert last_output(["sh", "-c", "echo said; exec sleep 20"], 100, 0.5) == (None, b"said\n")
    assert last_output(["sh", "-c", "exec >&-; exec sleep 20"], 100, 0.5) == (None, b"")
    assert last_output(["yes"], 2, 0.5)[1] in (b"y\n", b"\ny")
    assert time.monotonic() - began < 8


def test_all_that_a_command_has_printed_is_passed_on_and_its_exit_code_kept() -> None:
    said = "setsid sh -c 'while sleep 0.01; do echo noise; done' & seq 100000; exit 3"
    code, text, seconds = bash(passed_on(sh("exec sh -c {{said}}", said=said)))
    assert code == 3
    assert text.partition("\x01error")[0].replace("noise\n", "").split() == [str(number) for number in range(1, 100001)]
    assert seconds < 15


def test_a_function_that_leaves_a_process_behind_is_not_waited_for_either() -> None:
    script = sh("speak() { true | sh -c {{said}}; }\n{{run}}", said=f"{LEFT} echo said", run=passed_on(Script("speak")))
    code, text, seconds = bash(script)
    assert (code, text) == (0, "said\n")
    assert seconds < 10


def test_a_sender_that_never_comes_to_its_report_is_a_failure_and_not_a_wait(tmp_path: Path) -> None:
    half = f"import os\nos.write(1, b'file 1 99999\\nxhalf')\nos.system('{LEFT}true')\n"
    receiver = (program("between_accounts.receive_built_files"), {"folder": str(tmp_path / "new")})
    code, text, seconds = bash(piped((half, {}, Script(sys.executable)), receiver))
    assert code != 0
    assert "the files did not come to their end" in text
    assert seconds < 10
