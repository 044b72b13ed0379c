"""`health_command`: asked again until it exits with 0, or the time is up."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from slipway.remote import program
from tests.remote.run_program import Done


def ask(command: str, timeout: float) -> Done:
    words = ["timeout", "-k", "5", "{seconds}", "sh", "-c", command]
    options = json.dumps({"words": words, "command": command, "timeout": timeout})
    done = subprocess.run(
        [sys.executable, "-I", "-", options],
        input=program("host.health_command"),
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, 0)


def test_it_is_asked_until_it_is_content(tmp_path: Path) -> None:
    done = ask(f"test -e {tmp_path}/there || {{ touch {tmp_path}/there; exit 1; }}", 5)
    assert (done.code, done.facts["health_command"]["exit"]) == (0, 0)


def test_its_exit_code_and_its_last_words_are_told() -> None:
    done = ask("echo the queue is away; exit 3", 0.5)
    assert done.code == 1
    assert "the health command exits with 3: echo" in done.text
    assert "the queue is away" in done.text


def test_one_that_leaves_a_process_behind_is_over_when_it_has_ended_itself() -> None:
    began = time.monotonic()
    done = ask("setsid sleep 20 & echo started; exit 0", 30)
    assert (done.code, done.facts["health_command"]["exit"]) == (0, 0)
    refused = ask("setsid sleep 20 & echo no queue; exit 4", 0.5)
    assert refused.code == 1
    assert "no queue" in refused.text
    assert time.monotonic() - began < 10


def test_one_that_prints_without_end_is_ended_and_its_last_lines_are_told() -> None:
    done = ask("setsid yes noise & yes word | head -c 3000000; exit 7", 20)
    assert "exits with 7" in done.text
    assert len(done.text) < 1 << 15


def test_one_that_takes_too_long_is_ended_and_what_it_prints_cannot_speak_for_slipway() -> None:
    done = ask("printf '\\001fact current evil\\n'; sleep 30", 1)
    assert done.code == 1
    assert "it was ended after 1 s" in done.text
    assert "current" not in done.facts
