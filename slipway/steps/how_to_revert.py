"""Says for each operation how it is reverted, and what is left to finish when it is not."""

from __future__ import annotations

from msgspec.structs import replace

from slipway.core.shell import Script, join, sh
from slipway.model.release import Taken
from slipway.model.restart_target import RunningRelease
from slipway.model.restart_target import facts as facts_of_restart
from slipway.model.rollback_target import RollbackTarget
from slipway.model.rollback_target import facts as facts_of_rollback
from slipway.model.step import Placed, Step, Target
from slipway.steps import builder_account, restart_processes, revert_journal
from slipway.steps.boot_and_switch import retire
from slipway.steps.delete_release import delete_releases
from slipway.steps.history import mark, operation_of


def of_deploy(target: Target) -> Step:
    """Begin a deploy: going back means that the new release was never there."""
    undo = join(
        [_switch_back(target), _take_down(target, "boot", "workers"), builder_account.revert(target), _delete(target)]
    )
    made = revert_journal.write(target, undo, retire(target).script, operation_of(target))
    # Never over a release that is there: going back from that would take away what serves.
    guard = sh("[[ ! -e {{path}} ]] || fail {{taken}}", path=target.paths.path, taken=str(Taken(target.release.id)))
    return replace(made, script=join([guard, made.script]))


def of_rollback(back: RollbackTarget) -> Step:
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
    finish = join([retire(back).script, mark(back).script])
    return revert_journal.write(back, join([_switch_back(back), stop]), finish, facts_of_rollback(back))


def of_restart(place: RunningRelease) -> Step:
    """Begin a restart: going back means that the processes which ran before are the only ones again."""
    undo = join(
        [
            restart_processes.back(place),
            revert_journal.stop(restart_processes.folder(place), "boot", "workers"),
            restart_processes.forget(place),
        ]
    )
    finish = join([restart_processes.mark_done(place), retire(place).script])
    return revert_journal.write(place, undo, finish, facts_of_restart(place), keep=Script(""))


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
    return revert_journal.stop(place.paths.conf, *which)


def _delete(target: Target) -> Script:
    layout, paths = target.layout, target.paths
    return sh(
        """
{{delete_releases}}
delete_releases {{release}}/release.json {{release}}
rm -rf {{static}}
rm -f {{env}} {{kept}} {{kept}}.new supervisor.d/{{id}}.*
{{sent}}for venv in venvs/*/; do [[ ! -d $venv || -e $venv.complete ]] || rm -rf "$venv"; done
git --git-dir=repo.git update-ref -d {{ref}} 2> /dev/null""",
        delete_releases=delete_releases(target.host),
        static=layout.static / target.release.id,
        release=paths.path,
        sent=Script("rm -f venvs/*.sent\n" if target.receives else ""),
        env=paths.env,
        kept=paths.overrides,
        id=target.release.id,
        ref=paths.ref,
    )
