"""Proof that doing something again would change nothing: its recorded inputs are the same in the new release.

A record is a text file: a key (all that is no file of the app), the git tree it was made from, and the app's files
and folders that were read (see `slipway.remote.observed`), one a line.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from slipway.shell import Script, sh
from slipway.step import Target

# Files that come or go may change what is imported, whatever was read before: only changed files can be judged.
FUNCTIONS = Script(
    """
declare -A moved  # files that came or went between two trees
proven() { # RECORD KEY TREE
  local lines
  [[ -s $1 ]] || return 1
  mapfile -t lines < "$1"
  [[ ${lines[0]} == "$2" && ${#lines[@]} -gt 2 ]] || return 1
  [[ ${lines[1]} != "$3" ]] || return 0
  [[ ${moved[${lines[1]} $3]+known} ]] ||
    moved[${lines[1]} $3]=$(git diff-tree -r --name-only --diff-filter=ADTRC "${lines[1]}" "$3" 2>&1) || return 1
  [[ -z ${moved[${lines[1]} $3]} ]] || return 1
  GIT_LITERAL_PATHSPECS=1 git diff-tree -r --quiet "${lines[1]}" "$3" -- "${lines[@]:2}" 2> /dev/null
}
keep_proof() { # RECORD KEY TREE PATHS
  { printf '%s\\n%s\\n' "$2" "$3"; cat "$4"; } > "$1.new"
  mv -f "$1.new" "$1"
}""".strip()
)


def key(target: Target, what: str) -> Script:
    """What a result depends on besides the app's files: the command, the venv, the environment."""
    return sh(
        '{{known}}" $(readlink {{venv}})"',
        known=f"{what} {target.env_digest} {target.detected.settings}",
        venv=target.paths.venv,
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
