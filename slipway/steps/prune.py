"""Prunes old releases after a deploy, with everything that only they used."""

from __future__ import annotations

from slipway.core.shell import sh
from slipway.model.step import Step, Target
from slipway.render.log_pruning_scripts import prune_logs
from slipway.steps.common import as_app
from slipway.steps.delete_release import delete_releases


def begin(target: Target) -> Step:
    """Begin to delete old releases while old processes stop, but nothing of releases that still have processes.

    Never current or previous.
    """
    return Step(
        "prune-begin",
        "begin to delete old releases",
        delete_releases(target.host)
        + prune_logs(target.app.logs)
        + sh(
            """
prune() { # RELEASE...: delete what is older than the newest few, but for these; in a shell of its own
  cd {{base}}
  shopt -s nullglob
  kept=" $* " releases=(releases/*/) gone=()
  for ((i = 0; i < ${#releases[@]} - {{keep}}; i++)); do
    release=${releases[i]%/}
    [[ $kept != *" ${release#*/} "* && ! $release -ef current && ! $release -ef standby ]] || continue
    # In this order: what is half deleted must never count as whole, and the next operation's look at the host deletes
    # the rest of it.
    gone+=("$release/release.json" "env/${release#*/}.env" "env/${release#*/}.kept" "$release")
  done
  ((${#gone[@]} == 0)) || delete_releases "${gone[@]}"
  id='([0-9]{8}-[0-9]{6}-[0-9a-f]+(-dirty)?)'
  is_gone() { [[ $1 =~ $2 && ! -d releases/${BASH_REMATCH[1]} ]]; }  # NAME PATTERN: whether its release is
  gone=({{first}})
  for file in env/*; do ! is_gone "$file" "/$id\\." || gone+=("$file"); done
  rm -f "${gone[@]}"
  prune_logs "$@"
  for ref in $(exec git --git-dir=repo.git for-each-ref --format='%(refname)' refs/slipway); do
    ! is_gone "$ref" "/$id$" || git --git-dir=repo.git update-ref -d "$ref"
  done
  is_used() { # FOLDER
    local link
    for link in releases/*/venv releases/*/static releases/*/build; do [[ ! $1 -ef $link ]] || return 0; done
    return 1
  }
  local unused=''
  for folder in venvs/* static/* builds/*; do
    ! is_used "$folder" || continue
    # Static files of earlier versions of Slipway are the app's own.
    [[ $folder != venvs/* ]] || unused=yes
    rm -rf "$folder" 2> /dev/null || { {{user}} rm -rf "$PWD/$folder/files" 2> /dev/null || true; rm -rf "$folder"; }
  done
  if [[ $unused ]]; then
    # What uv keeps of a package is linked into the venvs that have it; what has no link is used by none.
    for folder in cache/archive-v*/*; do
      [[ $(find "$folder" -type f -links +1 -print -quit) ]] || rm -rf "$folder"
    done
    UV_CACHE_DIR={{cache}} {{uv}} cache prune -q 2> /dev/null || true
  fi
  # As git guesses by itself whether it is time; mostly it is not.
  loose=(repo.git/objects/17/*) packs=(repo.git/objects/pack/*.pack)
  if ((${#loose[@]} > 26 || ${#packs[@]} > 50)); then
    git --git-dir=repo.git -c gc.autoDetach=false gc --auto --quiet || true
  fi
}
read_ending() { ending=(); [[ ! -e {{ending}} ]] || mapfile -t ending < {{ending}}; }
busy=({{programs}}/*)
busy=("${busy[@]##*/}")
read_ending
prune "${busy[@]%%.*}" "${ending[@]}" &
pruning=$!""",
            base=target.layout.base,
            cache=target.layout.cache,
            uv=target.layout.tools / "bin" / "uv",
            keep=target.app.keep,
            programs=target.layout.programs,
            first=target.layout.first_overrides,
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
  read_ending
  (prune "${ending[@]}")
fi""",
            releases=target.layout.releases,
            keep=target.app.keep,
        ),
    )
