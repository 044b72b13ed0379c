"""Reads and writes the overrides (`fab env.set`, `fab scale`) on a host, with their release."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.model.step import Step, Target
from slipway.model.stored_overrides import FACT, SERVICES

ENV = "environment"
# Lines of base64, each far shorter than what is taken for one line.
TELL_HIDDEN = Script(
    """tell_hidden() { # NAME: what is on standard input, in base64
  local part encoded
  encoded=$(base64 -w 60000)
  for part in $encoded; do hidden "$1" "$part"; done
}"""
)


def write(target: Target) -> Step:
    """Write the release's file of kept settings, if there are any; nobody but the account that deploys can read it."""
    if not target.overrides:
        return Step("overrides", "write the overrides", Script(""))
    script = sh(
        """
(umask 077; take > {{new}})
mv -f {{new}} {{overrides}}""",
        new=f"{target.paths.overrides}.new",
        overrides=target.paths.overrides,
    )
    return Step("overrides", "write the overrides", script, lambda facts: target.overrides)


def report(layout: Layout, services: bool = False) -> Script:
    """Tell the kept settings of release `$current`, in base64; before there is any release, those for the first.

    Args:
        services: whether to tell how the host reaches its services, too.
    """
    return sh(
        """
kept={{first}}
[[ ! $current ]] || kept={{env}}/$current.kept
if [[ -s $kept ]]; then
  {{function}}
  tell_hidden {{fact}} < "$kept"
fi
{{more}}""",
        more=report_services(layout) if services else Script(""),
        first=layout.first_overrides,
        env=layout.env,
        function=TELL_HIDDEN,
        fact=FACT,
    )


def report_services(layout: Layout) -> Script:
    """Tell how the host reaches its services, in base64."""
    return sh(
        """
if [[ -s {{services}} ]]; then
  {{function}}
  tell_hidden {{fact}} < {{services}}
fi""",
        services=layout.services,
        function=TELL_HIDDEN,
        fact=SERVICES,
    )


def look(host: Host, layout: Layout) -> Step:
    """Report what runs: the facts `current` and `release` (release.json), and for us alone `kept` and `environment`."""
    script = sh(
        """
[[ -w {{env}} ]] || fail {{not_ready}}
follow current {{current}}
fact current "$current"
{{overrides}}
if [[ $current ]]; then
  fact release "$(cat {{current}}/release.json)"
  {{function}}
  tell_hidden {{fact}} < {{env}}/"$current".env
fi""",
        not_ready=f"the host is not provisioned for {host.app.name}: run `fab provision --hosts={host.name}`",
        current=layout.current,
        overrides=report(layout, bool(host.services)),
        function=TELL_HIDDEN,
        fact=ENV,
        env=layout.env,
    )
    return Step("settings", "look at the settings", script)


def write_first(layout: Layout, content: bytes) -> Step:
    """Keep settings on a host that has no release yet, for the first one."""
    script = sh(
        """
(umask 077; take > {{new}})
mv -f {{new}} {{first}}""",
        new=f"{layout.first_overrides}.new",
        first=layout.first_overrides,
    )
    return Step("overrides", "write the overrides for the first release", script, lambda facts: content)
