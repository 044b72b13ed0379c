"""The undo journal: a script on the host that puts it back, there before anything changes and gone when all is well.

Whoever finds it runs it: the control machine when a host fails, the agent when the control machine is lost, the
app's systemd unit when the host restarts, and the next operation's survey in any other case.

Its name says what is to be done about it:
    undo        nothing is decided: go back.
    undo.aside  this host has agreed to stay. Another one may still fail at this very point: only the control machine
                can go back, and the next operation's survey, which finds that it did not, goes on.
    undo.done   the whole fleet stays: what is left to do is done by whoever finds it (`onward`).
    undo.link   leads to what was current. It is there from the beginning, so that neither way needs any room.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath

from slipway.layout import Layout
from slipway.remote import program
from slipway.rollback import Return
from slipway.rollback import facts as of_rollback
from slipway.running import Running
from slipway.running import facts as of_running
from slipway.shell import Script, join, python_from, sh
from slipway.step import Placed, Step, Target
from slipway.steps import again
from slipway.steps.common import as_app
from slipway.steps.processes import retire
from slipway.steps.record import mark, operation_of

BY_ITSELF = "the host itself"


def open_deploy(target: Target) -> Step:
    """Begin a deploy: going back means that the new release was never there."""
    undo = join([_switch_back(target), _take_down(target, "boot", "workers"), _delete(target)])
    return _open(target, undo, retire(target).script, operation_of(target))


def open_rollback(back: Return) -> Step:
    """Begin a rollback: going back leaves both releases as they were; a standby stays booted."""
    stop = sh(
        """
if [[ $(readlink standby) == {{link}} ]]; then
{{workers}}
  for file in supervisor.d/{{id}}.*; do [[ $file == *.web.conf || $file == *.web_*.conf ]] || rm -f "$file"; done
else
{{all}}
  rm -f supervisor.d/{{id}}.*
fi""",
        link=_link(back),
        id=back.id,
        workers=_take_down(back, "workers"),
        all=_take_down(back, "boot", "workers"),
    )
    onward = join([retire(back).script, mark(back).script])
    return _open(back, join([_switch_back(back), stop]), onward, of_rollback(back))


def close(place: Placed) -> Step:
    """The decision: from here on the host does not go back by itself."""
    layout = place.layout
    script = sh("mv -f {{journal}} {{aside}}", journal=layout.undo, aside=layout.undo.with_suffix(".aside"))
    return Step("commit", "keep the release", script)


def open_restart(place: Running) -> Step:
    """Begin a restart: going back means that the processes which ran before are the only ones again."""
    undo = join([again.back(place), _stop(place, again.folder(place), "boot", "workers"), again.forget(place)])
    onward = join([again.settle(place), retire(place).script])
    return _open(place, undo, onward, of_running(place), keep=Script(""))


def conclude(place: Running) -> Step:
    """The whole fleet has decided: what was started is what the release consists of."""
    script = sh(
        "mv -f {{aside}} {{done}}\nrm -f {{link}}\n{{settle}}",
        aside=place.layout.undo.with_suffix(".aside"),
        done=place.layout.undo.with_suffix(".done"),
        link=place.layout.undo.with_suffix(".link"),
        settle=again.settle(place),
    )
    return Step("settle", "keep what was started", script)


def settle(place: Placed) -> Step:
    """The whole fleet has decided: what was current is the standby now."""
    script = sh(
        "mv -f {{aside}} {{done}}\n{{keep}}",
        aside=place.layout.undo.with_suffix(".aside"),
        done=place.layout.undo.with_suffix(".done"),
        keep=_keep_previous(place.layout),
    )
    return Step("settle", "keep the old release as standby", script)


def forget(place: Placed) -> Step:
    """All is done: the journal goes."""
    return Step("forget", "forget how to go back", sh("rm -f {{done}}", done=place.layout.undo.with_suffix(".done")))


def heal(layout: Layout) -> Script:
    """Put right what an operation that was cut off has left: back, or onward where that was decided."""
    return sh(
        """
if [[ -e {{undo}} ]]; then
  bash {{undo}}
  note "an earlier operation was cut off here; what it had begun was undone"
fi
for journal in {{aside}} {{done}}; do
  if [[ -e $journal ]]; then bash "$journal" onward; fi
done
if [[ -e {{new}} || -L {{link}} ]]; then rm -f {{new}} {{link}}; fi""",
        undo=layout.undo,
        aside=layout.undo.with_suffix(".aside"),
        done=layout.undo.with_suffix(".done"),
        new=layout.undo.with_suffix(".new"),
        link=layout.undo.with_suffix(".link"),
    )


def _keep_previous(layout: Layout) -> Script:
    return sh(
        """
if [[ -L {{link}} ]]; then mv -fT {{link}} {{standby}}; fi
if [[ -e {{was}} ]]; then rm -f {{was}}; fi""",
        was=layout.stopped / ".web",
        link=layout.undo.with_suffix(".link"),
        standby=layout.standby,
    )


def _open(place: Placed, undo: Script, onward: Script, told: Mapping[str, object], keep: Script | None = None) -> Step:
    """Write the journal. Whoever runs it but the control machine says so in the history: nobody else can."""
    journal = place.layout.undo
    script = sh(
        """
follow previous {{current}}
previous=${previous:+releases/$previous}
fact previous "$previous"
{ printf 'previous=%q\\n' "$previous"; cat <<'SLIPWAY_UNDO'
cd {{base}} || exit 1
if [[ ${1:-} == onward ]]; then
set -e
{{keep}}
{{onward}}
  printf '%s\\n' {{stayed}} >> {{history}}
  rm -f {{link}} "$0"
  exit
fi
{{undo}}
[[ ${1:-} == told ]] || printf '%s, "when": "%s"}\\n' {{undone}} "$(date -u +%FT%T+00:00)" >> {{history}}
rm -f {{link}} {{journal}}
SLIPWAY_UNDO
} > {{new}} || { rm -f {{new}}; fail {{no_room}}; }
mv -f {{new}} {{journal}}
[[ ! $previous ]] || ln -sfnT "$previous" {{link}}""",
        current=place.layout.current,
        base=place.layout.base,
        keep=_keep_previous(place.layout) if keep is None else keep,
        onward=onward,
        undo=undo,
        stayed=_line(told, outcome="ok", by=BY_ITSELF),
        undone=_line({"operation": "undo", "release": place.paths.id}, outcome="ok", who=BY_ITSELF)[:-1],
        history=place.layout.history,
        journal=journal,
        new=journal.with_suffix(".new"),
        link=place.layout.undo.with_suffix(".link"),
        no_room=f"{journal} cannot be written: is the disk full?",
    )
    return Step("journal", "note how to go back", script)


def _line(told: Mapping[str, object], **more: str) -> str:
    return json.dumps({**told, **more}, sort_keys=True)


def _link(place: Placed) -> str:
    return f"releases/{place.paths.id}"


def _switch_back(place: Placed) -> Script:
    """Make what was current so again; where that cannot be, what serves now must stay as it is."""
    return sh(
        """
if [[ $(readlink current) == {{link}} ]]; then
  if [[ $previous ]]; then
    [[ -L {{back}} ]] || ln -sfnT "$previous" {{back}}
    mv -fT {{back}} current
  else
    rm -f current
  fi
  [[ $(readlink current) != {{link}} ]] || exit 1
fi
[[ ! -e {{stopped}}/.web ]] || mv -f {{stopped}}/.web {{stopped}}/web
rm -f current.new""",
        stopped=place.layout.stopped,
        link=_link(place),
        back=place.layout.undo.with_suffix(".link"),
    )


def _take_down(place: Placed, *which: str) -> Script:
    """Drain and stop processes of the release, as far as they were started."""
    return _stop(place, place.paths.conf, *which)


def _stop(place: Placed, conf: PurePosixPath, *which: str) -> Script:
    return sh(
        """
for options in {{options}}; do
  [[ -e $options ]] || continue
{{stop}}
done""",
        options=[conf / f"{name}.json" for name in which],
        stop=python_from(program("stop"), Script('"$options"')),
    )


def _delete(target: Target) -> Script:
    layout, paths = target.layout, target.paths
    return sh(
        """
[[ ! -d {{static}}/files ]] || {{user}} rm -rf {{static}}/files
rm -rf {{release}} {{static}}
rm -f {{env}} {{kept}} {{kept}}.new supervisor.d/{{id}}.*
for venv in venvs/*/; do [[ ! -d $venv || -e $venv.complete ]] || rm -rf "$venv"; done
git --git-dir=repo.git update-ref -d {{ref}} 2> /dev/null""",
        static=layout.static / target.release.id,
        user=as_app(target),
        release=paths.path,
        env=paths.env,
        kept=paths.kept,
        id=target.release.id,
        ref=paths.ref,
    )
