"""Skips a command whose recorded inputs are the same in the new release: it would change nothing.

A record is a text file: a key (all that is no file of the app), the git tree it was made from, and the app's files
and folders that were read (see `slipway.remote.django.files_read`), one a line. Lines that begin with a slash are files
outside of the source, in shared/ or in /etc, with a tab and their state behind it.
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
again() { echo "not skipped: $*"; return 1; }
same_outside() { # SHARED, and the lines of a record: whether files outside of the source are as they were
  local shared=$1 line path state i=0 paths=() wanted=()
  for line in "${@:2}"; do
    [[ $line == /* ]] || continue
    path=${line%%$'\\t'*} state=${line#*$'\\t'}
    # The app's own words: no other path is looked at for it.
    [[ $path == @("$shared"|/etc)/* && $path != */@(.|..)@(/*|) ]] || { again "it reads $path"; return 1; }
    if [[ $state == - ]]; then
      [[ ! -e $path && ! -L $path ]] || { again "$path is there now"; return 1; }
    else
      paths+=("$path") wanted+=("$state")
    fi
  done
  ((${#paths[@]})) || return 0
  while IFS= read -r state; do
    [[ $state == "${wanted[i]}" ]] || { again "${paths[i]} has changed"; return 1; }
    i=$((i + 1))
  done < <(exec stat -c '%i %s %.9Z' -- "${paths[@]}" 2> /dev/null)
  ((i == ${#paths[@]})) || again "a file that it reads is gone"
}
proven() { # RECORD KEY TREE SHARED
  local lines path inputs
  [[ -s $1 ]] || { again "there is no proof of an earlier run"; return 1; }
  mapfile -t lines < "$1"
  [[ ${lines[0]} == "$2" && ${#lines[@]} -gt 2 ]] || {
    [[ ${lines[0]##* } == "${2##* }" ]] || { again "the venv is another one"; return 1; }
    again "its settings in the inventory, or the environment, have changed"
    return 1
  }
  same_outside "$4" "${lines[@]:2}" || return 1
  [[ ${lines[1]} != "$3" ]] || return 0
  compare "${lines[1]}" "$3"
  [[ ${changed[${lines[1]} $3]} != / ]] || { again "files of the source have come or gone"; return 1; }
  printf -v inputs '%s\\n' '' "${lines[@]:2}"
  [[ $inputs != *$'\\n'/* ]] || inputs=${inputs%%$'\\n'/*}$'\\n'  # what lies outside comes last
  [[ $inputs != *[/$'\\n']@(|.|..)[/$'\\n']* ]] || { again "a path is not plain"; return 1; }  # of an earlier version
  while IFS= read -r path; do
    until [[ $inputs == *$'\\n'"$path"$'\\n'* ]]; do  # the file, or a folder that it is in
      [[ $path == */* ]] || continue 2
      path=${path%/*}
    done
    again "$path has changed"
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
        "GIT_DIR={{repo}} proven {{record}} {{key}} {{tree}} {{shared}}",
        repo=target.layout.repo,
        record=record,
        key=key(target, what),
        tree=target.release.tree,
        shared=target.layout.shared,
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
