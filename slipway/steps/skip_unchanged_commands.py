"""Skips a command whose recorded inputs are the same in the new release: it would change nothing.

A record is a text file: a key (all that is no file of the app), the git tree it was made from, and the app's files
and folders that were read (see `slipway.remote.django.files_read`), one a line.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from slipway.core.shell import Script, sh
from slipway.model.step import Target
from slipway.steps import write_settings_module
from slipway.steps.operator_files import known_by

# Files that come or go may change what is imported, whatever was read before: only changed files can be judged. git is
# asked once, whoever wants to know; what was read is looked through here.
FUNCTIONS = Script(
    """
declare -A changed  # two trees -> the files that differ, one a line; or `/`: some came or went, or git cannot tell
compare() { # TREE TREE
  local found i
  [[ ! ${changed[$1 $2]+known} ]] || return 0
  mapfile -d '' -t found < <(exec git diff-tree -r -z --name-status "$1" "$2" 2> /dev/null)
  wait "$!" || found=(/ /)
  changed[$1 $2]=
  for ((i = 0; i < ${#found[@]}; i += 2)); do
    if [[ ${found[i]} != M || ${found[i + 1]} == *$'\\n'* ]]; then
      changed[$1 $2]=/
      return
    fi
    changed[$1 $2]+=${found[i + 1]}$'\\n'
  done
}
proven() { # RECORD KEY TREE
  local lines path inputs
  [[ -s $1 ]] || return 1
  mapfile -t lines < "$1"
  [[ ${lines[0]} == "$2" && ${#lines[@]} -gt 2 ]] || return 1
  [[ ${lines[1]} != "$3" ]] || return 0
  compare "${lines[1]}" "$3"
  [[ ${changed[${lines[1]} $3]} != / ]] || return 1
  printf -v inputs '%s\\n' '' "${lines[@]:2}"
  [[ $inputs != *[/$'\\n']@(|.|..)[/$'\\n']* ]] || return 1  # paths as an earlier version noted them
  while IFS= read -r path; do
    until [[ $inputs == *$'\\n'"$path"$'\\n'* ]]; do  # the file, or a folder that it is in
      [[ $path == */* ]] || continue 2
      path=${path%/*}
    done
    return 1
  done <<< "${changed[${lines[1]} $3]}"
}
keep_proof() { # RECORD KEY TREE PATHS
  { printf '%s\\n%s\\n' "$2" "$3"; cat "$4"; } > "$1.new"
  mv -f "$1.new" "$1"
}""".strip()
)


def prepare(target: Target) -> Script:
    """Define what the other scripts here use: functions, and `venv_name`."""
    return FUNCTIONS + sh("follow venv_name {{venv}}", venv=target.paths.venv)


def key(target: Target, what: str) -> Script:
    """What a result depends on besides the app's files: the command, the venv, the environment."""
    settings = f"{target.detected.settings}{write_settings_module.digest(target)}"
    return sh(
        '{{known}}" ../../venvs/$venv_name"',
        known=" ".join(filter(None, (what, target.env_digest, settings, known_by(target)))),
    )


def proven(target: Target, record: PurePosixPath, what: str) -> Script:
    """A condition: whether `what`, recorded in `record`, would come out the same; never with `--force`."""
    if target.force:
        return Script("false")
    return sh(
        "GIT_DIR={{repo}} proven {{record}} {{key}} {{tree}}",
        repo=target.layout.repo,
        record=record,
        key=key(target, what),
        tree=target.release.tree,
    )


def keep(target: Target, record: PurePosixPath, what: str, paths: PurePosixPath) -> Script:
    """Record what `what` has read, as listed in the file `paths`."""
    return sh(
        "keep_proof {{record}} {{key}} {{tree}} {{paths}}",
        record=record,
        key=key(target, what),
        tree=target.release.tree,
        paths=paths,
    )
