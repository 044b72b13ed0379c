"""Build commands: what they are given, what they come from, and whom they may speak as."""

from __future__ import annotations

import re
import subprocess
from typing import Any

from msgspec.structs import replace

from slipway.core.shell import PRELUDE
from slipway.inventory.app import Build
from slipway.steps import build_commands
from slipway.steps.release_fingerprint import fingerprint
from tests.steps.golden import check, folded
from tests.steps.targets import FILES, target

COMMANDS = ("npm ci && npm run build", "python manage.py compilemessages")


def build(**more: Any) -> Build:
    return Build(**{"commands": COMMANDS, "env": ("SECRET_KEY",), **more})


def key(**more: Any) -> str:
    settings = {"build": build(), **more}
    found = re.search(r"/builds/([0-9a-f]{16})-", build_commands.run(target(**settings)).script.text)
    assert found
    return found[1]


def test_the_script_says_what_it_said() -> None:
    script = build_commands.run(target(build=build())).script
    check("steps/deploy-build.sh", f"{folded(script.text)}\n")
    done = subprocess.run(["bash", "-n"], input=f"{PRELUDE}{script}", text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_commands_there_is_no_step() -> None:
    assert build_commands.run(target()).script.text == ""


def test_values_travel_as_payload_and_only_those_that_are_named() -> None:
    named = replace(target(build=build()), env=b"export OTHER='0th3r'\nexport SECRET_KEY='s3cr3t'\n")
    step = build_commands.run(named)
    assert step.payload is not None
    assert step.payload({}) == b"export SECRET_KEY='s3cr3t'\n"
    assert "s3cr3t" not in step.script.text
    assert build_commands.run(target(build=build(env=()))).payload is None


def test_a_name_without_a_value_fails() -> None:
    assert build_commands.run(target(build=build(env=("NOPE",)))).script.text.startswith("fail 'app.build.env of")


def test_what_the_account_that_builds_says_goes_through_a_program_of_ours() -> None:
    lines = build_commands.run(target(build=build())).script.text.splitlines()
    calls = [found for line in lines if (found := re.match(r"\s*\{ printf '%s\\n' \"\$BASHPID\"; (\w+)\b.*", line))]
    assert [call[1] for call in calls] == ["begin_build", "run_build", "run_build", "exec"]
    assert [call for call in calls if "| SLIPWAY_NONCE=${nonce-} python3 -I -S /dev/fd/3 " not in call[0]] == []
    assert ['"mute": true' in call[0] for call in calls] == [True, True, True, False]
    others = [line for line in lines if "-u shop-build" in line and not re.search(r"send_code \||exec sudo", line)]
    assert [line.partition("-u shop-build")[2].split()[:3] for line in others] == [
        [">", "/dev/null", "2>&1"],
        ["--", "kill", "-KILL"],
        ["--", "bash", "-c"],
    ]


def test_the_same_inputs_have_the_same_key_and_others_another() -> None:
    same = key()
    assert key(name="shop", domains=("other.example.org",)) == same
    others = [
        key(build=build(commands=COMMANDS[:1])),
        key(build=build(env=())),
        key(build=build(outputs=("dist",))),
        key(build=build(inputs=tuple(FILES))),
        key(uploads=("dist",)),
    ]
    assert len({same, *others}) == 6


def test_commands_count_for_whether_a_host_serves_the_same() -> None:
    made = (target(), target(build=build()), target(build=build(env=())))
    assert len({fingerprint(each) for each in made}) == 3


def test_on_a_host_without_root_no_other_account_is_asked_for() -> None:
    made = target(build=build())
    step = build_commands.run(replace(made, host=replace(made.host, rootless=True)))
    assert "sudo" not in step.script.text
    assert "kill -KILL -1" not in step.script.text
    assert "/srv/shop/building" in step.script.text
