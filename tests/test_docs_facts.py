"""Numbers, defaults and paths that the docs tell are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slipway.env.sources import COMMAND_TIMEOUT, GENERATED
from slipway.fleet.start_agent import SILENCE
from slipway.inventory.app import Logs, Process
from slipway.lab.host_addresses import HTTP_PORTS, SSH_PORTS
from slipway.logs.query import LINES, LINES_BEFORE
from slipway.model.schedule_host import AHEAD, MINUTE
from slipway.operations.maintenance import RETRY_AFTER
from slipway.output.status_findings import KEEP_DYING
from slipway.provision.long_names import LONGEST
from slipway.remote.logs.log_files import HELD
from slipway.remote.logs.read_file import LIMIT as LINE_LIMIT
from slipway.remote.schedules.run_due import CATCH_UP, SET_BACK
from slipway.remote.tasks.run import KEEP
from slipway.remote.tasks.supervised_command import LIMIT, TIMED_OUT
from slipway.remote.web.watch_switched import FEW
from slipway.steps.boot_and_switch import MOST_ERRORS
from slipway.steps.oneoff_tasks import GRACE
from slipway.steps.report_status import SAMPLE
from slipway.steps.survey import INODES, ROOM
from tests.test_docs import PAGES, ROOT, prose

WORDS = {2: "two", 3: "three", 5: "five", 10: "ten", 16: "Sixteen"}
FACTS = [
    ("how-it-deploys.md", f"{ROOM} MiB and {INODES:,} inodes free"),
    ("how-to.md", f"less than {ROOM} MiB or {INODES:,} inodes free"),
    ("troubleshooting.md", f"Less than {ROOM} MiB or {INODES:,} inodes free"),
    ("how-it-deploys.md", f"after {SILENCE} seconds, and reverts itself"),
    ("how-it-deploys.md", f"{3 * SILENCE + 20} seconds, a host that has agreed waits"),
    ("how-it-deploys.md", f"more than {MOST_ERRORS * 100:.0f} % of"),
    ("how-it-deploys.md", f"(and more than {WORDS[FEW]}) are 5xx"),
    ("how-it-deploys.md", f"[stay up](processes.md#coming-back) for {Process(command='x').watch} seconds"),
    ("processes.md", f"({Process(command='x').watch} unless its"),
    ("processes.md", f"{3 * SILENCE + 20} seconds (three times the {SILENCE} seconds"),
    ("processes.md", f"{WORDS[KEEP_DYING]} or more within ten minutes"),
    ("processes.md", f"workers die more than {WORDS[FEW]} times while it is watched"),
    ("processes.md", f"within {WORDS[CATCH_UP]} minutes; of several"),
    ("processes.md", f"unless it was more than {WORDS[SET_BACK // 60]} hours"),
    ("processes.md", f"{AHEAD} to {AHEAD + MINUTE} seconds later"),
    ("tasks.md", f"(the first {LIMIT >> 20} MiB)"),
    ("tasks.md", f"The newest {KEEP} are kept"),
    ("tasks.md", f"gives it {WORDS[GRACE]} seconds between SIGTERM and SIGKILL"),
    ("tasks.md", f"| after `--timeout` | {TIMED_OUT} |"),
    ("logs.md", f"{LINES} if not given, {LINES_BEFORE} with `-f`"),
    ("logs.md", f"{WORDS[HELD]} files that were rotated away"),
    ("logs.md", f"{LINE_LIMIT >> 10} KiB of it are shown"),
    ("logs.md", f"stays for {Logs().keep_days} days after its last line"),
    ("logs.md", f"take no more than {Logs().keep_size.rstrip('m')} MB together"),
    ("env.md", f"`timeout` ({COMMAND_TIMEOUT} seconds)"),
    ("env.md", f"{{ generate = {GENERATED} }}"),
    ("lab.md", f"({SSH_PORTS[1]} and {HTTP_PORTS[1]})"),
    ("provision.md", f"a domain of more than {LONGEST} characters"),
    ("maintenance.md", f"try again in {WORDS[RETRY_AFTER // 60]} minutes"),
]


@pytest.mark.parametrize(("page", "fact"), FACTS, ids=[f"{page}: {fact[:40]}" for page, fact in FACTS])
def test_a_number_of_the_docs_is_that_of_the_code(page: str, fact: str) -> None:
    text = " ".join((ROOT / "docs" / page).read_text(encoding="utf-8").split())
    assert fact in text


def test_percents_and_times_of_status_are_those_of_the_code() -> None:
    assert "over half a second" in (ROOT / "docs" / "processes.md").read_text(encoding="utf-8")
    assert SAMPLE == 0.5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_of_the_repository_that_prose_names_exist(page: Path) -> None:
    named = set(re.findall(r"`((?:slipway|tests|templates|examples|docs)/[\w./-]+\.\w+)`", prose(page)))
    assert [path for path in sorted(named) if not (ROOT / path).exists() and "NAME" not in path] == []
