"""Has the host delete and rotate logs by itself: an app that is not deployed for months keeps to `[app.logs]`, too."""

from __future__ import annotations

from pathlib import PurePosixPath

from slipway.core.shell import Script, sh
from slipway.model.step import Step
from slipway.provision.target import PUT, Site
from slipway.render.log_pruning_scripts import prune_logs_program

_UNITS = PurePosixPath("/etc/systemd/system")


def old_logs(site: Site) -> Step:
    """Install the program, which is the deploying account's and runs as that account, and the timer that runs it.

    Without root the account's own cron runs it, see `templates/rotate-rootless.j2`.
    """
    program = site.layout.conf / "prune-logs"
    write = sh(
        "{{put}}\nput {{path}} 640 {{text}} 'deletion of old logs'",
        put=PUT,
        path=program,
        text=prune_logs_program(site.app.logs, site.layout).text,
    )
    timer = Script("") if site.host.rootless else _timer(site, program)
    script = sh("{{write}}\n{{timer}}", write=site.as_login(write), timer=timer)
    return Step("logs", "delete old logs by a timer", script)


def _timer(site: Site, program: PurePosixPath) -> Script:
    """One timer for all apps; it also has nginx's logs rotated by size, since the system rotates once a day."""
    folder = site.home / "prune-logs"
    return sh(
        """
{{put}}
(umask 022; mkdir -p -- {{folder}})
put {{named}} 644 {{command}} "deletion of old logs by the timer"
units=$({ cat {{service}} {{timer}} 2> /dev/null || true; } | cksum)
put {{service}} 644 {{service_text}} "log rotation by size"
put {{timer}} 644 {{timer_text}} "timer for log rotation"
[[ $(cat {{service}} {{timer}} | cksum) == "$units" ]] || systemctl daemon-reload
systemctl --quiet is-active {{timer_name}} || systemctl --quiet enable --now {{timer_name}} 2> /dev/null""",
        put=PUT,
        folder=folder,
        named=folder / site.app.name,
        command=sh("exec runuser -u {{login}} -- bash {{program}}\n", login=site.host.user, program=program).text,
        service=_UNITS / "slipway_logs.service",
        service_text=site.render("logs.service.j2", home=site.home),
        timer=_UNITS / "slipway_logs.timer",
        timer_text=site.render("logs.timer.j2"),
        timer_name="slipway_logs.timer",
    )
