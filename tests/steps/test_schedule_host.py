"""What a release has to run its schedules with."""

from __future__ import annotations

import json
import shlex
import subprocess

from slipway.core.shell import PRELUDE
from slipway.inventory.app import Schedule
from slipway.operations import processes as upkeep
from slipway.steps import boot_options, config
from slipway.steps.schedule_host import files, processes
from tests.steps.targets import target

SYNC = {"sync": Schedule(cron="*/5 * * * *", command="echo '%d' \"$X\"")}
OFF = {"sync": Schedule(cron="@daily", command="true", enabled=False)}


def test_an_app_without_schedules_gets_nothing_of_them() -> None:
    for made in (target(), target(schedules=OFF)):
        assert files(made) == {}
        assert list(processes(made)) == ["web", "mails"]
        assert "schedules" not in config.write(made).script.text


def test_every_host_gets_the_program_and_what_it_is_to_run() -> None:
    for made in (target("web1"), target("web2", leader=False)):
        made = target(made.host.name, schedules=SYNC)
        written = {path.name: text for path, text in files(made).items()}
        options = json.loads(written["schedules.json"])
        assert options["host"] == made.host.name
        assert options["schedules"] == {"sync": {"cron": "*/5 * * * *", "command": "echo '%d' \"$X\""}}
        compile(written["schedules.py"], "schedules.py", "exec")


def test_it_is_a_program_of_the_release_like_others() -> None:
    made = target(schedules=SYNC)
    text = config.program_files(made)[made.paths.program_source("schedules")]
    command = next(line for line in text.splitlines() if line.startswith("command=")).removeprefix("command=")
    words = shlex.split(command.replace("%%", "%"))
    assert words[1:3] == ["sh", "-c"]
    inner = shlex.split(words[3])
    assert inner[:4] == ["exec", "python3", "-I", "-S"]
    assert json.loads(inner[5]) == {"options": str(made.paths.conf / "schedules.json")}
    workers = json.loads(boot_options.question_files(made)[made.paths.conf / "workers.json"])
    assert workers["programs"] == [made.paths.program(name) for name in ("mails", "schedules")]


def test_bash_can_read_the_scripts() -> None:
    made = target(schedules=SYNC)
    plans = [upkeep.assignments([made.host]), upkeep.assign([made.host], {"host": "it's", "decided": 1.0})]
    scripts = [step.script for plan in plans for phase in plan.phases for step in phase.steps[made.host.name]]
    for script in [*scripts, config.write(made).script]:
        done = subprocess.run(["bash", "-n"], input=f"{PRELUDE}{script}", text=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
