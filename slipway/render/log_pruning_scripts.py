"""Makes the scripts that delete old logs of an app: in each deploy, and between deploys by a timer of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.core.shell import Script, sh

if TYPE_CHECKING:
    from slipway.inventory.app import Logs
    from slipway.model.layout import Layout


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


def prune_logs_program(logs: Logs, layout: Layout) -> Script:
    """Make a whole program that does so between deploys, for an app that has none for months.

    It needs no lock: what is about to run has its file for supervisord before it has a log.
    """
    return sh(
        """#!/bin/bash
# Written by `fab provision`; changes made here are overwritten.
# Deletes logs of releases that no longer run, as [app.logs] of the inventory has it.
cd {{base}} || exit 1
shopt -s nullglob
note() { printf '%s\\n' "${*:2}" >&2; }
{{prune_logs}}
busy=({{programs}}/*)
busy=("${busy[@]##*/}")
ending=()
[[ ! -e {{ending}} ]] || mapfile -t ending < {{ending}}
prune_logs "${busy[@]%%.*}" "${ending[@]}"
""",
        base=layout.base,
        prune_logs=prune_logs(logs),
        programs=layout.programs,
        ending=layout.ending,
    )
