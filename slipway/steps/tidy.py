"""After the decision: the releases that are no longer needed go, with all that only they used."""

from __future__ import annotations

from slipway.shell import sh
from slipway.step import Step, Target
from slipway.steps.common import as_app


def begin(target: Target) -> Step:
    """Begin to delete, while old processes are told to stop: nothing of what still has processes.

    Never current or previous. The log of a release that failed goes, too. Static files were written by the app's user,
    so that user deletes them.
    """
    return Step(
        "tidy",
        "begin to delete old releases",
        sh(
            """
prune() ( # RELEASE...: delete what is older than the newest few, but for these
  cd {{base}}
  shopt -s nullglob
  named() { # LINK...: the last part of where each leads
    local links=()
    (($# == 0)) || mapfile -t links < <(readlink -- "$@" || true)
    printf ' %s ' "${links[@]##*/}"
  }
  kept="$(named current standby) $* "
  releases=(releases/*/)
  for ((i = 0; i < ${#releases[@]} - {{keep}}; i++)); do
    id=${releases[i]#releases/} id=${id%/}
    [[ $kept != *" $id "* ]] || continue
    rm -f "releases/$id/release.json"  # first: what is half deleted must never count as whole
    rm -rf "releases/$id" "env/$id.env" "env/$id.kept"
    git --git-dir=repo.git update-ref -d "refs/slipway/$id"
  done
  rm -f {{first}}
  logged='\\.([0-9]{8}-[0-9]{6}-[0-9a-f]+(-dirty)?)\\.log'
  for file in log/*.log*; do
    if [[ $file =~ $logged && ! -d releases/${BASH_REMATCH[1]} ]]; then rm -f "$file"; fi
  done
  for file in env/* $(git --git-dir=repo.git for-each-ref --format='%(refname)' refs/slipway); do
    id=${file##*/} id=${id%%.*}
    if [[ ! $id =~ ^[0-9]{8}-[0-9]{6}-[0-9a-f]+(-dirty)?$ || -d releases/$id ]]; then continue; fi
    [[ $file == env/* ]] || git --git-dir=repo.git update-ref -d "$file"
    [[ $file != env/* ]] || rm -f "$file"
  done
  used=$(named releases/*/venv releases/*/static)
  for folder in venvs/* static/*; do
    [[ $used != *" ${folder#*/} "* ]] || continue
    # What was only just made when its deploy was cut off lets that user in not yet, and holds nothing of its.
    [[ ! -d $folder/files ]] || {{user}} rm -rf "$PWD/$folder/files" 2> /dev/null || true
    rm -rf "$folder"
  done
  git --git-dir=repo.git -c gc.autoDetach=false gc --auto --quiet || true
)
ending() { [[ ! -e {{ending}} ]] || cat {{ending}}; }
busy=({{programs}}/*)
busy=("${busy[@]##*/}")
prune "${busy[@]%%.*}" $(ending) &
pruning=$!""",
            base=target.layout.base,
            keep=target.app.keep,
            programs=target.layout.programs,
            first=target.layout.kept_first,
            ending=target.layout.ending,
            user=as_app(target),
        ),
    )


def prune(target: Target) -> Step:
    """Delete what is left to delete; a release that still finishes requests stays until the next deploy."""
    return Step(
        "prune",
        "delete old releases",
        sh(
            """
wait "$pruning"
releases=({{releases}}/*/)
if ((${#releases[@]} > {{keep}})); then
  prune $(ending)
fi""",
            releases=target.layout.releases,
            keep=target.app.keep,
        ),
    )
