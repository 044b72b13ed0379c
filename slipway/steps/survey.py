"""Surveys a host before anything changes: is it ready, has it disk space, and what does it have already?"""

from __future__ import annotations

from slipway.core.shell import Script, join, sh
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.model.release import Taken
from slipway.model.step import Step, Target
from slipway.render.site_fits_release import demand, demand_port
from slipway.steps import fleet_members, once_in_app_life, revert_journal
from slipway.steps.delete_release import delete_releases
from slipway.steps.manual_lock import respect
from slipway.steps.stored_overrides import report as report_overrides

# A release of a small app with a venv of its own; the survey says so before a full disk does.
ROOM = 200  # MiB
INODES = 10_000
# What a release keeps of what was told of its source, one note a line, in its conf/.
NOTES = "notes"


def survey(target: Target) -> Step:
    """Check the host, recover from what a crashed operation left, and report what it has.

    Facts: `current` and `standby` (release ids or empty), `trees` (git trees that the host has), and, for us alone,
    `kept`, if there are settings that the current release keeps, and `taken`, if it has a
    release of this second, since ids of one second do not sort by age.
    """
    layout = target.layout
    return Step(
        "survey",
        "look at the host",
        sh(
            """
{{recover}}
{{demand}}
{ read -r _; read -r room inodes; } < <(exec df --output=avail,iavail -B M {{base}})
room=${room%M}
((room >= {{room_needed}})) || fail {{no_room}}
[[ $inodes == - ]] || ((inodes == 0 || inodes >= {{inodes_needed}})) || fail {{no_inodes}}
follow current {{current}}
follow standby {{standby}}
fact current "$current"
{{told}}
{{kept}}
fact standby "$standby"
{{fleet}}
trees=$(exec git --git-dir={{repo}} for-each-ref --format='%(objectname)' refs/slipway 2> /dev/null) || true
fact trees "${trees//$'\\n'/ }"
for other in {{second}}-*; do [[ ! -e $other ]] || hidden {{taken}} yes; done
""",
            recover=recover(target.host, layout),
            demand=demand(target.host, layout),
            fleet=join([fleet_members.report(layout), once_in_app_life.report(target)]),
            base=layout.base,
            room_needed=ROOM,
            no_room=Script(
                f'"only $room MiB are free in {layout.base}, {ROOM} are needed: free some, or lower app.keep"'
            ),
            inodes_needed=INODES,
            no_inodes=Script(
                f'"only $inodes inodes are free in {layout.base}, {INODES} are needed: delete small files"'
            ),
            current=layout.current,
            standby=layout.standby,
            told=_notes(target),
            kept=report_overrides(layout, bool(target.host.services)),
            repo=layout.repo,
            second=target.paths.path.with_name(target.release.id[: len("YYYYmmdd-HHMMSS")]),
            taken=Taken.FACT,
        ),
    )


def _notes(target: Target) -> Script:
    """What was found out about the app: told where it is new; how data could be lost with every deploy."""
    return join([_new_notes(target), *(sh("mark note {{text}}", text=text) for text in target.detected.losses)])


def _new_notes(target: Target) -> Script:
    """What was found out about the app's source, as far as it was not told of the current release already."""
    notes = target.detected.notes
    if not notes:
        return Script("")
    return sh(
        """
told=$'\\n'
if [[ -e {{known}} ]]; then IFS= read -r -d '' told < {{known}} || told=$'\\n'$told; fi  # it ends without a NUL
for text in {{notes}}; do
  [[ $told == *$'\\n'"$text"$'\\n'* ]] || mark note "$text"
done""",
        known=target.layout.current / "conf" / NOTES,
        notes=list(notes),
    )


def recover(host: Host, layout: Layout) -> Script:
    """See that the host is provisioned, and put right what an operation that was cut off has left."""
    return sh(
        """
{{delete_releases}}
[[ -x {{uv}} && -w {{releases}} ]] || fail {{not_ready}}
{{journals}}
{{respect}}
{{demand_port}}
[[ -S {{supervisor}} ]] || fail {{not_running}}
for release in {{releases}}/*/; do
  if [[ -d $release && ! -e ${release}release.json ]]; then
    id=${release%/} id=${id##*/}
    delete_releases {{env}}/"$id".env {{env}}/"$id".kept "${release%/}"
  fi
done""",
        delete_releases=delete_releases(host),
        uv=layout.tools / "bin" / "uv",
        releases=layout.releases,
        env=layout.env,
        not_ready=f"the host is not provisioned for {host.app.name}: run `fab provision --hosts={host.name}`",
        journals=revert_journal.recover(layout),
        respect=respect(layout),
        demand_port=demand_port(host, layout),
        supervisor=layout.supervisor_socket,
        not_running=f"the app's supervisord does not run: run `fab provision --hosts={host.name}`",
    )
