"""Look before touching anything: is the host ready, is there room, what does it have already?"""

from __future__ import annotations

from slipway.shell import sh
from slipway.step import Step, Target

# A release of a small app with a venv of its own; the survey says so before a full disk does.
ROOM = 200  # MiB
INODES = 10_000


def survey(target: Target) -> Step:
    """Check the host, heal what a crashed operation left, and report what it has.

    Facts: `current` and `standby` (release ids or empty), `trees` (git trees that the host has).
    """
    layout = target.layout
    return Step(
        "survey",
        "look at the host",
        sh(
            """
[[ -x {{uv}} && -w {{releases}} ]] || fail "the host is not provisioned for {{app}}: run fab provision --hosts={{host}}"
if [[ -e {{undo}} ]]; then
  bash {{undo}}
  note "an earlier operation was cut off here; what it left has been put right"
fi
[[ -S {{supervisor}} ]] || fail "supervisord is not running: run fab provision --hosts={{host}}"
read -r room inodes < <(df --output=avail,iavail -B M {{base}} | tail -n 1 | tr -d M)
((room >= {{room_needed}})) || fail "only $room MiB are free under {{base}}, {{room_needed}} are needed: free some, or lower 'keep'"
[[ $inodes == - ]] || ((inodes == 0 || inodes >= {{inodes_needed}})) || fail "only $inodes inodes are free under {{base}}"
for release in {{releases}}/*/; do
  [[ ! -d $release || -e ${release}release.json ]] || rm -rf "$release"
done
current=$(readlink {{current}} || true)
standby=$(readlink {{standby}} || true)
fact current "${current##*/}"
fact standby "${standby##*/}"
trees=$(git --git-dir={{repo}} for-each-ref --format='%(objectname)' refs/slipway 2> /dev/null | sort -u | tr '\\n' ' ' || true)
fact trees "$trees"
""",
            uv=layout.tools / "bin" / "uv",
            releases=layout.releases,
            app=target.app.name,
            host=target.host.name,
            undo=layout.undo,
            supervisor=layout.supervisor_socket,
            base=layout.base,
            room_needed=ROOM,
            inodes_needed=INODES,
            current=layout.current,
            standby=layout.standby,
            repo=layout.repo,
        ),
    )
