"""Leaves orders on a host: which certificates its timer is to order and renew; nothing is ordered here."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from slipway.core.shell import Script, sh
from slipway.provision.target import Site
from slipway.render.nginx_site import server_names, tls_site

_UNITS = PurePosixPath("/etc/systemd/system")
_CERTBOT_TRUSTS = _UNITS / "certbot.service.d" / "slipway.conf"


def place(site: Site) -> dict[str, object]:
    """What the program on the host has to know of the app."""
    return {
        "root": str(site.tls.root),
        "app": site.app.name,
        "folder": str(site.tls.folder),
        "domains": [name.strip("[]") for name in server_names(site.app, site.host)],
    }


def keep_ordering(site: Site) -> Script:
    """Write what is wanted, and have certbot's timer and ours look after it."""
    folder, given = site.tls.folder, site.app.tls
    wanted = {
        **place(site),
        "directory": given.directory,
        "email": given.email or "",
        "hook": str(site.tls.root / "renewed"),
        "webroot": str(site.tls.webroot),
        "dns_hook": str(folder / "dns-hook") if given.dns_hook else "",
        "dns_plugin": given.dns_plugin or "",
        "dns_credentials": str(folder / "dns-credentials") if given.dns_credentials else "",
    }
    hook = sh("#!/bin/sh\nexec python3 -I -S {{program}} {{options}}\n",
              program=site.tls.program, options=json.dumps({"do": "renewed", "root": str(site.tls.root)}))  # fmt: skip
    return sh(
        """
put {{wanted}} 644 {{wanted_text}} "what certificates are ordered"
put {{hook}} 755 {{hook_text}} "hook of certbot"
rm -f -- {{unsent}}
if [[ -e {{ca}} ]]; then
  mkdir -p -- {{trusts_folder}}
  put {{trusts}} 644 {{trusts_text}} "certbot's trust"
elif [[ -e {{trusts}} ]] && ! compgen -G {{cas}} > /dev/null; then
  rm -f -- {{trusts}}
  fact changed "certbot's trust"
fi
put {{service}} 644 {{service_text}} "order of certificates"
put {{timer}} 644 {{timer_text}} "timer for certificates"
stale=$(systemctl show -p NeedDaemonReload --value {{unit}} certbot.service)
[[ $stale != *yes* ]] || systemctl daemon-reload
for name in {{unit}} certbot.timer; do
  if ! systemctl --quiet is-active "$name"; then
    systemctl --quiet enable --now "$name" 2> /dev/null || fail "systemd does not start $name: systemctl status $name"
    fact changed "$name started"
  fi
done""",
        wanted=site.tls.wanted,
        wanted_text=f"{json.dumps(wanted, sort_keys=True)}\n",
        hook=site.tls.root / "renewed",
        hook_text=f"{hook.text}\n",
        unsent=[str(folder / name) for name in _not_sent(site)],
        ca=folder / "ca.pem",
        cas=str(site.tls.root / "apps" / "*" / "ca.pem"),
        trusts_folder=_CERTBOT_TRUSTS.parent,
        trusts=_CERTBOT_TRUSTS,
        trusts_text=f"[Service]\nEnvironment=REQUESTS_CA_BUNDLE={site.tls.root}/ca-bundle.pem\n",
        service=_UNITS / "slipway_tls.service",
        service_text=site.render("order-certificates.service.j2", program=site.tls.program, root=site.tls.root),
        timer=_UNITS / "slipway_tls.timer",
        timer_text=site.render("order-certificates.timer.j2"),
        unit="slipway_tls.timer",
    )


def _not_sent(site: Site) -> list[str]:
    """Files of an earlier inventory that this one has no more."""
    given = site.app.tls
    wanted = {"ca.pem": given.ca, "dns-hook": given.dns_hook, "dns-credentials": given.dns_credentials}
    return [*(name for name, path in wanted.items() if not path), "own.pem", "own-key.pem"]


def end_orders(site: Site) -> Script:
    """Order and renew nothing more for the app; the timers end with the last app that needs them."""
    return sh(
        """
rm -f -- {{wanted}} {{state}}
if [[ -e /etc/letsencrypt/renewal/{{lineage}}.conf ]]; then
  certbot delete --non-interactive --cert-name {{lineage}} > /dev/null 2>&1 || true
  fact changed "certificate of certbot removed"
fi
if [[ -e {{timer}} ]] && ! compgen -G {{others}} > /dev/null; then
  systemctl --quiet disable --now slipway_tls.timer 2> /dev/null || true
  rm -f -- {{timer}} {{service}} {{trusts}}
  systemctl daemon-reload
  fact changed "timer for certificates"
fi""",
        wanted=site.tls.wanted,
        state=site.tls.folder / "state.json",
        lineage=f"slipway-{site.app.name}",
        timer=_UNITS / "slipway_tls.timer",
        service=_UNITS / "slipway_tls.service",
        trusts=_CERTBOT_TRUSTS,
        others=str(site.tls.root / "apps" / "*" / "wanted.json"),
    )


def peers(site: Site) -> Script:
    """Write where the other hosts are; nginx would not start with a name in there that cannot be resolved.

    The file stays when there are no others any more: nginx's site may need it until it is written anew.
    """
    if not tls_site(site.app, site.host, site.layout).peers:
        return Script("")
    return sh(
        """
lines=''
for peer in {{peers}}; do
  read -r name port <<< "$peer"
  address=$(getent ahosts "$name" | awk 'NR == 1 { print $1 }' || true)
  [[ $address != *:* ]] || address="[$address]"
  if [[ $address ]]; then lines+="server $address:$port max_fails=0;"$'\\n'
  else note certificate-not-ordered "$name, which serves the same domains, has no address here: set private_address"; fi
done
[[ $lines ]] || lines=$'server 127.0.0.1:1 down;\\n'
before=$(cksum {{file}} 2> /dev/null || true)
put {{file}} 644 "$lines" "other hosts that prove the domains"
[[ $(cksum {{file}}) == "$before" ]] || touch {{unread}}""",
        peers=list(site.host.peers),
        file=site.tls.peers,
        unread=site.home / "nginx-unread",
    )
