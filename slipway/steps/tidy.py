"""After the decision: the releases that are no longer needed go, with all that only they used."""

from __future__ import annotations

from slipway.shell import sh
from slipway.step import Step, Target
from slipway.steps.common import as_app


def prune(target: Target) -> Step:
    """Delete old releases, never current or previous, and what nobody uses any more: venvs, static files, logs.

    A release that still finishes requests stays until the next deploy. The log of a release that failed goes, too.
    Static files were written by the app's user, so that user deletes them.
    """
    return Step(
        "prune",
        "delete old releases",
        sh(
            """
cd {{base}}
shopt -s nullglob
named() { # LINK...: the last part of where each leads
  local links=()
  (($# == 0)) || mapfile -t links < <(readlink -- "$@" || true)
  printf ' %s ' "${links[@]##*/}"
}
ending=()
[[ ! -e {{ending}} ]] || mapfile -t ending < {{ending}}
kept="$(named current standby) ${ending[*]} "
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
used=$(named releases/*/venv releases/*/static)
for folder in venvs/* static/*; do
  [[ $used != *" ${folder#*/} "* ]] || continue
  [[ ! -d $folder/files ]] || {{user}} rm -rf "$PWD/$folder/files"
  rm -rf "$folder"
done
git --git-dir=repo.git -c gc.autoDetach=false gc --auto --quiet || true""",
            base=target.layout.base,
            keep=target.app.keep,
            ending=target.layout.ending,
            first=target.layout.kept_first,
            user=as_app(target),
        ),
    )
