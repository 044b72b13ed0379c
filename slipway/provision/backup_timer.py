"""Has the host make backups by itself, by a timer of systemd; without root by the account's own cron."""

from __future__ import annotations

from pathlib import PurePosixPath

from slipway.core.shell import Script, sh
from slipway.model.step import Step
from slipway.provision.target import PUT, Site
from slipway.render.backup_programs import scheduled_backup

_UNITS = PurePosixPath("/etc/systemd/system")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def backup_timer(site: Site) -> Step:
    """Install what the timer runs, which is the deploying account's and runs as that account; or take it away."""
    path = site.layout.conf / "back-up"
    wanted = site.app.backup.schedule != "never"
    if wanted:
        write = sh(
            "{{put}}\nput {{path}} 640 {{text}} 'scheduled backup'",
            put=PUT,
            path=path,
            text=scheduled_backup(site.host, site.layout).text,
        )
    else:
        write = sh("if [[ -e {{path}} ]]; then rm -f {{path}}; fact changed 'no scheduled backup'; fi", path=path)
    timer = _cron(site, path) if site.host.rootless else _timer(site, path) if wanted else _no_timer(site)
    script = sh("{{write}}\n{{timer}}", write=site.as_login(write), timer=timer)
    return Step("backups", "have the host make backups", script)


def calendar(schedule: str) -> str:
    """When it is due, as systemd.time(7) has it."""
    kind, _, time = schedule.partition(" ")
    if kind == "hourly":
        return "*-*-* *:00:00 UTC"
    return f"{'' if kind == 'daily' else kind.capitalize() + ' '}*-*-* {time}:00 UTC"


def cron(schedule: str) -> str:
    """The same as crontab(5) has it."""
    kind, _, time = schedule.partition(" ")
    if kind == "hourly":
        return "0 * * * *"
    hour, minute = time.split(":")
    return f"{int(minute)} {int(hour)} * * {'*' if kind == 'daily' else DAYS.index(kind)}"


def _unit(site: Site) -> str:
    return f"slipway_backup-{site.app.name}"  # an app's own unit is called slipway-NAME


def _timer(site: Site, path: PurePosixPath) -> Script:
    unit = _unit(site)
    return sh(
        """
{{put}}
units=$({ cat {{service}} {{timer}} 2> /dev/null || true; } | cksum)
put {{service}} 644 {{service_text}} "scheduled backup: its unit"
put {{timer}} 644 {{timer_text}} "scheduled backup: its timer"
if [[ $(cat {{service}} {{timer}} | cksum) != "$units" ]]; then
  systemctl daemon-reload
  ! systemctl --quiet is-active {{name}} || systemctl restart {{name}}
fi
systemctl --quiet is-active {{name}} || systemctl --quiet enable --now {{name}} 2> /dev/null""",
        put=PUT,
        service=_UNITS / f"{unit}.service",
        service_text=site.render("backup.service.j2", path=path),
        timer=_UNITS / f"{unit}.timer",
        timer_text=site.render("backup.timer.j2", calendar=calendar(site.app.backup.schedule)),
        name=f"{unit}.timer",
    )


def _no_timer(site: Site) -> Script:
    unit = _unit(site)
    return sh(
        """
if [[ -e {{timer}} ]]; then
  systemctl --quiet disable --now {{name}} 2> /dev/null || true
  rm -f {{timer}} {{service}}
  systemctl daemon-reload
  fact changed 'no timer for backups'
fi""",
        service=_UNITS / f"{unit}.service",
        timer=_UNITS / f"{unit}.timer",
        name=f"{unit}.timer",
    )


def _cron(site: Site, path: PurePosixPath) -> Script:
    """A line of the account's crontab; none for the lab, which leaves no traces on a developer's machine."""
    if site.host.lab:
        return Script(":")
    schedule = site.app.backup.schedule
    line = "" if schedule == "never" else f"{cron(schedule)} /bin/bash {path}"
    return sh(
        """
if command -v crontab > /dev/null; then
  now=$(crontab -l 2> /dev/null || true)
  new=$(grep -vF -- {{path}} <<< "$now" || true)
  [[ ! {{line}} ]] || new+=${new:+$'\\n'}{{line}}
  if [[ $new != "$now" ]]; then printf '%s\\n' "$new" | crontab -; fact changed crontab; fi
fi""",
        path=path,
        line=line,
    )
