"""Prunes old releases after a deploy, with everything that only they used."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.inventory.app import Logs
from slipway.model.step import Step, Target
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
  for folder in venvs/* static/* builds/*; do
    ! is_used "$folder" || continue
    # Static files of earlier versions of Slipway are the app's own.
    rm -rf "$folder" 2> /dev/null || { {{user}} rm -rf "$PWD/$folder/files" 2> /dev/null || true; rm -rf "$folder"; }
  done
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
            keep=target.app.keep,
            programs=target.layout.programs,
            first=target.layout.first_overrides,
            ending=target.layout.ending,
            user=as_app(target),
        ),
    )


def prune_logs(logs: Logs) -> Script:
    """Define a function that deletes old logs in the app's folder, but for those of the releases that it is told.

    A log outlives its release: it goes by its age, and by what all such logs take together. The app may put anything
    into the folder: only regular files are looked at, and unlinked by their names.
    """
    return sh(
        r"""
prune_logs() { # RELEASE...: of these, of current and of standby no log is touched
  local live=" $* " oldest left={{size}} logs line rest id gone=()
  local name='^[A-Za-z0-9.-]+\.([0-9]{8}-[0-9]{6}-[0-9a-f]+(-dirty)?)\.log(\.[0-9]+)?$'
  printf -v oldest '%(%s)T' -1
  ((oldest -= {{age}})) || true
  mapfile -d '' -t logs < <(find log -maxdepth 1 -type f -printf '%T@ %k %f\0' | sort -zrn)  # the newest first
  for line in "${logs[@]}"; do
    rest=${line#* }
    [[ ${rest#* } =~ $name ]] || continue
    id=${BASH_REMATCH[1]}
    [[ $live != *" $id "* && ! releases/$id -ef current && ! releases/$id -ef standby ]] || continue
    ((left -= ${rest%% *})) || true
    ((left >= 0 && ${line%%.*} >= oldest)) || gone+=("log/${rest#* }")
  done
  ((${#gone[@]} == 0)) || rm -f -- "${gone[@]}" || note logs-not-deleted \
    "some old logs in $PWD/log cannot be deleted: they stay"
}
""",
        age=logs.keep_days * 86400,
        size=kilobytes(logs.keep_size),
    )


def kilobytes(size: str) -> int:
    """Return how many kilobytes a size such as `500m` is."""
    power = " kmg".find(size[-1].lower())
    return (int(size[:-1]) << 10 * power if power > 0 else int(size)) >> 10


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
