"""Writes, closes and removes the journal: a script on the host that reverts an operation which was not finished.

Whoever finds it runs it: the control machine when a host fails, the agent when the control machine is lost, the
app's systemd unit when the host restarts, and the next operation's survey in any other case.

Its name says what is to be done about it:
    undo        nothing is decided: go back.
    undo.aside  this host has agreed to stay. Another one may still fail at this very point: only the control machine
                can go back, and the next operation's survey, which finds that it did not, goes on.
    undo.done   the whole fleet stays: what is left to do is done by whoever finds it (`onward`).
    undo.link   leads to what was current. It is there from the beginning, so that neither way needs disk space.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath

from slipway.core.shell import Script, python_from, sh
from slipway.model.layout import Layout
from slipway.model.step import Placed, Step
from slipway.remote import program

BY_ITSELF = "the host itself"


def close(place: Placed) -> Step:
    """The decision: from here on the host does not go back by itself."""
    layout = place.layout
    script = sh("mv -f {{journal}} {{aside}}", journal=layout.undo, aside=layout.undo.with_suffix(".aside"))
    return Step("commit", "keep the release", script)


def mark_done(place: Placed) -> Step:
    """The whole fleet has decided: what was current is the standby now."""
    script = sh(
        "mv -f {{aside}} {{done}}\n{{keep}}",
        aside=place.layout.undo.with_suffix(".aside"),
        done=place.layout.undo.with_suffix(".done"),
        keep=_keep_previous(place.layout),
    )
    return Step("mark-done", "keep the old release as standby", script)


def forget(place: Placed) -> Step:
    """All is done: the journal goes."""
    return Step("forget", "forget how to go back", sh("rm -f {{done}}", done=place.layout.undo.with_suffix(".done")))


def recover(layout: Layout) -> Script:
    """Revert what an interrupted operation left, or finish it if all hosts had committed."""
    return sh(
        """
if [[ -e {{undo}} ]]; then
  SLIPWAY_NONCE=${nonce-} bash {{undo}} || fail {{stuck}}
  note operation-cut-off "an earlier operation was cut off here; what it had begun was undone"
fi
for journal in {{aside}} {{done}}; do
  if [[ -e $journal ]]; then SLIPWAY_NONCE=${nonce-} bash "$journal" onward; fi
done
if [[ -e {{new}} || -L {{link}} ]]; then rm -f {{new}} {{link}}; fi""",
        undo=layout.undo,
        stuck=f"an earlier operation was cut off here, and going back from it fails: `bash {layout.undo}` says why",
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


def write(place: Placed, undo: Script, finish: Script, told: Mapping[str, object], keep: Script | None = None) -> Step:
    """Write the journal. If the host itself runs it, it also writes the history line: nobody else can."""
    journal = place.layout.undo
    script = sh(
        """
follow previous {{current}}
previous=${previous:+releases/$previous}
fact previous "$previous"
{ printf 'previous=%q\\n' "$previous"; cat <<'SLIPWAY_UNDO'
nonce=${SLIPWAY_NONCE-}
unset SLIPWAY_NONCE
cd {{base}} || exit 1
if [[ ${1:-} == onward ]]; then
set -e
{{keep}}
{{finish}}
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
        finish=finish,
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


def stop(conf: PurePosixPath, *which: str) -> Script:
    """Stop the processes that `conf` has options for, as far as they were started: for the journal, from anywhere."""
    return sh(
        """
for options in {{options}}; do
  [[ -e $options ]] || continue
{{stop}}
done""",
        options=[conf / f"{name}.json" for name in which],
        stop=python_from(program("supervisor.stop"), Script('"$options"')),
    )
