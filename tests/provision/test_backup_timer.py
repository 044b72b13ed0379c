"""When a host makes backups by itself, as systemd and cron have it."""

from __future__ import annotations

import subprocess

import pytest

from slipway.core.shell import PRELUDE
from slipway.inventory.app import Backup
from slipway.provision.backup_timer import backup_timer, calendar, cron
from slipway.render.backup_programs import scheduled_backup
from tests.provision.test_provision import site


@pytest.mark.parametrize(
    ("schedule", "systemd", "crontab"),
    [
        ("hourly", "*-*-* *:00:00 UTC", "0 * * * *"),
        ("daily 03:05", "*-*-* 03:05:00 UTC", "5 3 * * *"),
        ("sun 23:00", "Sun *-*-* 23:00:00 UTC", "0 23 * * 0"),
        ("sat 00:30", "Sat *-*-* 00:30:00 UTC", "30 0 * * 6"),
    ],
)
def test_a_schedule_in_the_words_of_systemd_and_cron(schedule: str, systemd: str, crontab: str) -> None:
    assert (calendar(schedule), cron(schedule)) == (systemd, crontab)


@pytest.mark.parametrize("rootless", [False, True])
@pytest.mark.parametrize("schedule", ["never", "daily 03:00"])
def test_the_step_is_whole_bash_with_and_without_a_schedule(schedule: str, rootless: bool) -> None:
    one = site(rootless=rootless, backup=Backup(schedule=schedule))
    for script in (backup_timer(one).script.text, scheduled_backup(one.host, one.layout).text):
        done = subprocess.run(["bash", "-n"], input=PRELUDE + script, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
    assert ("slipway_backup-hello.timer" in backup_timer(one).script.text) == (not rootless)
