"""Chooses the venv of a release on a host: the newest whole one that fits, else the name of a new one."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.step import Target
from slipway.steps import venv_key


def choose(target: Target) -> Script:
    """Set `venv` and `name`: the newest whole venv with the same inputs, or one that is still to be made."""
    return sh(
        """
count() { local all=("$1"/lib/python*/site-packages/*); echo "${#all[@]}"; }
is_whole() { # VENV
  local noted= all=("$1"/lib/python*/site-packages/*)
  [[ -x $1/bin/python && -e $1/.complete && ! -e $1/.damaged ]] || return 1
  read -r noted < "$1/.complete" || true
  [[ ! $noted || $noted == "${#all[@]}" ]]  # versions before this noted nothing
}
plain={{venvs}}/{{key}}-${python##*/} venv= like= id={{id}}
{{kept}}for made in "$plain" {{venvs}}/{{key}}.*-"${python##*/}"; do
  ! is_whole "$made" || venv=$made
done
if [[ ! $venv || {{force}} == yes ]]; then
  venv=$plain
  # Never in the place of one that is whole: releases may run from it.
  [[ ! -e $plain/.complete ]] || venv={{venvs}}/{{key}}.${id:0:15}-${python##*/}
{{like}}
fi
name=${venv##*/}""",
        venvs=target.layout.venvs,
        key=venv_key.key(target),
        id=target.release.id,
        force="yes" if target.force else "no",
        kept=_kept(target),
        like=_like(target),
    )


def _kept(target: Target) -> Script:
    """Set `plain` to the venv in force, where a change of settings has no wheels at hand: those that it came from."""
    if target.operation == "deploy" or not (target.app.build.wheels and target.app.build.local):
        return Script("")
    script = sh(
        "follow kept {{venv}}\nplain={{venvs}}/$kept",
        venv=target.layout.current / "venv",
        venvs=target.layout.venvs,
    )
    return Script(f"{script}\n")


def _like(target: Target) -> Script:
    """Set `like`: a whole venv with the same dependencies and other code of the app's own, best the one in force."""
    needs = target.detected.requirements
    if not needs.local or needs.dynamic or target.force:
        return Script("")
    return sh(
        """
  for made in {{venvs}}/{{key}}_*-"${python##*/}" "$(exec readlink -f {{current}} || true)"; do
    [[ $made != {{venvs}}/{{key}}_*-"${python##*/}" ]] || ! is_whole "$made" || like=$made
  done""",
        venvs=target.layout.venvs,
        key=venv_key.dependencies_key(target),
        current=target.layout.current / "venv",
    )
