"""The undo journal: a script on the host that puts it back, there before anything changes and gone when all is well.

Whoever finds it runs it: the control machine when a host fails, the agent when the control machine is lost, the
app's systemd unit when the host restarts, and the next operation's survey in any other case.
"""

from __future__ import annotations

import json

from slipway.release import Layout
from slipway.remote import program
from slipway.shell import Script, join, python_from, sh
from slipway.step import Placed, Step, Target
from slipway.steps.common import as_app


def open_deploy(target: Target) -> Step:
    """Begin a deploy: going back means that the new release was never there."""
    return _open(target, join([_switch_back(target), _take_down(target, "boot", "workers"), _delete(target)]))


def open_rollback(place: Placed) -> Step:
    """Begin a rollback: going back leaves both releases as they were; a standby stays booted."""
    stop = sh(
        """
if [[ $(readlink standby) == {{link}} ]]; then
{{workers}}
else
{{all}}
fi""",
        link=_link(place),
        workers=_take_down(place, "workers"),
        all=_take_down(place, "boot", "workers"),
    )
    return _open(place, join([_switch_back(place), stop]))


def close(place: Placed) -> Step:
    """The decision: from here on the host does not go back by itself.

    The journal is put aside only: should another host fail at this very point, the control machine can still use it.
    """
    journal = place.layout.undo
    return Step(
        "commit", "keep the release", sh("mv -f {{journal}} {{aside}}", journal=journal, aside=f"{journal}.aside")
    )


def forget(place: Placed) -> Step:
    """The whole fleet has decided: what was current is the standby now, and the journal goes."""
    return Step("forget", "forget how to go back", settle(place.layout))


def settle(layout: Layout) -> Script:
    """Finish what was decided: the release that was left becomes the standby, and its journal goes."""
    return sh(
        """
if [[ -e {{aside}} ]]; then
  previous=$(sed -n '1s/^previous=//p' {{aside}})
  if [[ $previous && $previous != "''" ]]; then
    ln -sfnT "$previous" {{standby}}.new
    mv -fT {{standby}}.new {{standby}}
  fi
  rm -f {{aside}}
fi""",
        aside=f"{layout.undo}.aside",
        standby=layout.standby,
    )


def _open(place: Placed, undo: Script) -> Step:
    """Write the journal. Whoever runs it but the control machine says so in the history: nobody else can."""
    line = json.dumps({"operation": "undo", "release": place.paths.id, "outcome": "ok", "who": "the host itself"})
    script = sh(
        """
previous=$(readlink {{current}} || true)
{ printf 'previous=%q\\n' "$previous"; cat <<'SLIPWAY_UNDO'
cd {{base}} || exit 1
{{undo}}
[[ ${1:-} == told ]] || printf '%s, "when": "%s"}\\n' {{line}} "$(date -u +%FT%T+00:00)" >> {{history}}
rm -f {{journal}}
SLIPWAY_UNDO
} > {{journal}}.new
mv -f {{journal}}.new {{journal}}""",
        current=place.layout.current,
        base=place.layout.base,
        undo=undo,
        line=line[:-1],
        history=place.layout.history,
        journal=place.layout.undo,
    )
    return Step("journal", "note how to go back", script)


def _link(place: Placed) -> str:
    return f"releases/{place.paths.id}"


def _switch_back(place: Placed) -> Script:
    return sh(
        """
if [[ $(readlink current) == {{link}} ]]; then
  if [[ $previous ]]; then
    ln -sfnT "$previous" current.new && mv -fT current.new current
  else
    rm -f current
  fi
fi""",
        link=_link(place),
    )


def _take_down(place: Placed, *which: str) -> Script:
    """Drain and stop processes of the release, as far as they were started."""
    return join(
        sh(
            """
if [[ -e {{options}} && -S {{supervisor}} ]]; then
{{stop}}
fi""",
            options=options,
            supervisor=place.layout.supervisor_socket,
            stop=python_from(program("stop"), options),
        )
        for options in (place.paths.conf / f"{name}.json" for name in which)
    )


def _delete(target: Target) -> Script:
    layout, paths = target.layout, target.paths
    return sh(
        """
[[ ! -d {{static}}/files ]] || {{user}} rm -rf {{static}}/files
rm -rf {{release}} {{static}}
rm -f {{env}} {{env}}.new supervisor.d/{{id}}.*
for venv in venvs/*/; do [[ ! -d $venv || -e $venv.complete ]] || rm -rf "$venv"; done
git --git-dir=repo.git update-ref -d {{ref}} 2> /dev/null""",
        static=layout.static / target.release.id,
        user=as_app(target),
        release=paths.path,
        env=paths.env,
        id=target.release.id,
        ref=paths.ref,
    )
