"""What hosts remember of each other: which have been deployed to together, so that none goes on serving unnoticed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slipway.core.shell import Script, sh
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.model.step import Placed, Step


def report(layout: Layout) -> Script:
    """Report the fact `fleet`: each host that was ever deployed to together with this one, as NAME=ADDRESS."""
    return sh(
        """
if [[ -s {{file}} ]]; then
  mapfile -t members < {{file}}
  fact fleet "${members[*]}"
fi""",
        file=layout.fleet,
    )


def remember(place: Placed, hosts: Sequence[Host]) -> Step:
    """Note down the hosts that have got this release, besides those that are known."""
    script = sh(
        """
known=''
[[ ! -s {{file}} ]] || known=$(< {{file}})
for member in {{members}}; do
  [[ $'\\n'$known$'\\n' == *$'\\n'"$member"$'\\n'* ]] || printf '%s\\n' "$member" >> {{file}}
done""",
        file=place.layout.fleet,
        members=[f"{host.name}={host.target}" for host in hosts],
    )
    return Step("fleet", "note which hosts have it", script)


def forget(layout: Layout, names: Sequence[str]) -> Step:
    """Strike hosts that were taken out of service."""
    script = sh(
        """
if [[ -s {{file}} ]]; then
  left=$(grep -vE {{gone}} {{file}} || true)
  printf '%s' "${left:+$left$'\\n'}" > {{new}}
  mv -f {{new}} {{file}}
fi""",
        file=layout.fleet,
        new=f"{layout.fleet}.new",
        gone=f"^({'|'.join(re.escape(name) for name in names)})=",
    )
    return Step("forget", "forget hosts that are gone", script)
