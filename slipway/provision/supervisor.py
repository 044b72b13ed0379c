"""Configures the app's supervisord, and the systemd unit that keeps it running as the app's user."""

from __future__ import annotations

from pathlib import PurePosixPath

from slipway.core.shell import Script, sh
from slipway.model.step import Step
from slipway.provision.systemd_hardening import directives
from slipway.provision.target import PUT, Site

# Seconds beyond what the programs may take to stop, for supervisord itself.
MARGIN = 15
# Lines of the unit that systemd obeys as soon as it has read them: they do not wait for a restart of supervisord.
AT_ONCE = (
    r"^$|^[#;[]|^(Description|Wants|After|Before|StartLimit[A-Za-z]*|ExecStartPre|ExecStopPost|Restart[A-Za-z]*"
    r"|KillMode|TimeoutStopSec|MemoryMax|MemorySwapMax|CPUQuota|WantedBy)="
)


def supervisor(site: Site) -> Step:
    """Install configuration and unit, and see that supervisord runs.

    A supervisord that runs programs is never restarted here: that would take the site down. What it has not read
    yet is told instead, at every run until somebody restarts it.
    """
    return Step(
        "supervisor",
        "run the app's supervisord",
        sh(
            """
{{put}}
{{write}}
unit={{unit}} file={{unit_file}} pid_file={{pid_file}}
obeyed_at_start() { grep -vE {{at_once}} "$file" 2> /dev/null || true; }
before=$(obeyed_at_start) written=$(stat -c @%.Y "$file" 2> /dev/null || true)
put $file 644 {{unit_text}} $unit
declare -A state=()
while IFS='=' read -r key value; do state[$key]=$value; done \\
  < <(systemctl show -p ActiveState,UnitFileState,MainPID,NeedDaemonReload $unit)
if [[ ${state[NeedDaemonReload]} == yes || ${state[UnitFileState]} != enabled ]]; then systemctl daemon-reload; fi
if [[ ${state[UnitFileState]} != enabled ]]; then systemctl --quiet enable $unit; fact changed "$unit enabled"; fi
# supervisord has read all of the unit that it obeys: the time of the file says so, now that systemd knows its lines.
if [[ $before && $before == "$(obeyed_at_start)" ]]; then touch -d "$written" "$file"; fi
restart() {
  systemctl reset-failed $unit 2> /dev/null || true
  systemctl restart $unit || fail "$unit does not start: see journalctl -u $unit"
  fact changed "$unit $1"
}
main=${state[MainPID]}
if [[ ${state[ActiveState]} != active ]]; then
  restart started
elif [[ {{config}} -nt $pid_file || $file -nt $pid_file || {{complete}} -nt $pid_file ]]; then
  if [[ -z $(cat "/proc/$main/task/$main/children" 2> /dev/null) ]]; then
    restart restarted
  else
    note supervisord-older \\
      "supervisord runs with older settings; when the site may pause for a restart: systemctl restart $unit"
  fi
fi""",
            put=PUT,
            write=site.as_login(write_config(site)),
            at_once=AT_ONCE,
            unit=site.unit,
            unit_file=PurePosixPath("/etc/systemd/system") / site.unit,
            unit_text=site.render(
                "slipway.service.j2", stop_timeout=stop_timeout(site), hardening=directives(site.app.hardening_except)
            ),
            config=site.config,
            pid_file=site.pid_file,
            complete=site.layout.tools / "complete",
        ),
    )


def write_config(site: Site) -> Script:
    """Write supervisord.conf as the account that deploys."""
    return sh(
        "{{put}}\nput {{path}} 640 {{text}} supervisord.conf",
        put=PUT,
        path=site.config,
        text=site.render("supervisord.conf.j2"),
    )


def stop_timeout(site: Site) -> int:
    """Seconds that systemd waits for supervisord, which ends programs one after another: twice web, for the standby."""
    app = site.app
    programs = (app.web_process, app.web_process, *app.workers.values())
    return sum(app.stop_timeout(process) for process in programs) + MARGIN
