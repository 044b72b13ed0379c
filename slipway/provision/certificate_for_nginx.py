"""Has nginx find a certificate before it begins to speak TLS, and has one ordered once it answers by HTTP.

Everything lies in root's folders; `slipway.remote.tls.keep_certificates` does the work, at a timer's call, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from slipway.core.shell import Script, sh
from slipway.model.step import Facts, Step
from slipway.provision.challenges_from_here import reached_from_here
from slipway.provision.check_operator_certificate import pack, sent_files
from slipway.provision.target import PUT, Site
from slipway.provision.tls_orders import end_orders, keep_ordering, peers, place
from slipway.remote import program
from slipway.render.nginx_site import server_names, tls_site

PROBE = "probe"  # the fact: a file among the challenges


def tls(site: Site) -> Step:
    """Have some certificate: the operator's files, a self-signed one, or a stand-in until the real one is ordered.

    Raises:
        UsageError: the operator's files are of no use.
    """
    given = site.app.tls
    files = sent_files(site.host)
    options = {**place(site), "do": "prepare", "self_signed": given.issuer == "self-signed"}
    if tls_site(site.app, site.host, site.layout).challenges:
        options["webroot"] = str(site.tls.webroot)
    script = sh(
        """
(
umask 022
{{put}}
mkdir -p -- {{folders}}
put {{program}} 644 {{text}} "program for certificates"
{{files}}
{{unknown}}
{{order}}
{{peers}}
{{certificate}}
)""",
        put=PUT,
        folders=[site.tls.folder, site.tls.unknown_names.parent, site.tls.webroot / ".well-known" / "acme-challenge"],
        program=site.tls.program,
        text=program("tls.keep_certificates"),
        files=_receive(site, list(files)) if files else Script(""),
        unknown=_run(site, {**place(site), **_unknown(site), "do": "prepare", "self_signed": True}, mute=True),
        order=keep_ordering(site) if given.by_acme else end_orders(site),
        certificate=_install(site) if given.issuer == "files" else _run(site, options),
        peers=peers(site),
    )
    return Step("tls", "have a certificate", script, _sent(files) if files else None)


def order_certificate(site: Site) -> Step:
    """Order what is missing, when nginx answers; what the operator's machine sees of the host goes with it."""
    domains = server_names(site.app, site.host)

    def outside(facts: Facts) -> bytes:
        if site.app.tls.by_dns:
            return b"{}"
        return json.dumps({"outside": reached_from_here(domains, facts.get(PROBE, ""))}).encode()

    script = sh(
        """
outside=$(take)
{{order}}""",
        order=_run(site, {**place(site), "do": "order"}, more=Script('"$outside"')),
    )
    return Step("certificate", "order the certificate", script, outside)


def no_tls(site: Site) -> Step:
    """Take away what TLS has left, as soon as nginx's site has no use for it."""
    script = sh(
        """
if [[ -d {{folder}} ]] && ! grep -qsF {{folder}}/ {{sites}}; then
{{end}}
  rm -rf -- {{folder}}
  fact changed "TLS removed"
fi""",
        folder=site.tls.folder,
        sites=Script("/etc/nginx/sites-enabled/*"),
        end=end_orders(site),
    )
    return Step("no_tls", "remove what TLS has left", script)


def _unknown(site: Site) -> dict[str, object]:
    """For handshakes by names that no app has: nginx needs something to show."""
    return {"app": ".unknown", "folder": str(site.tls.unknown_names.parent), "domains": ["unknown.invalid"]}


def _run(site: Site, options: dict[str, object], mute: bool = False, more: Script | None = None) -> Script:
    """Run the program that lies on the host.

    Args:
        mute: what it changes is not told.
    """
    command = sh(
        "SLIPWAY_NONCE=${nonce-} python3 -I -S {{program}} {{options}}",
        program=site.tls.program,
        options=json.dumps(options, sort_keys=True),
    )
    words = " ".join(part.text for part in (command, more) if part)
    return Script(f"{words} > /dev/null" if mute else words)


def _sent(files: dict[str, bytes]) -> Callable[[Facts], bytes]:
    packed = pack(files)

    def payload(facts: Facts) -> bytes:
        return packed

    return payload


def _receive(site: Site, names: list[str]) -> Script:
    """Put the operator's files into the app's folder, root's alone; they are there whole or not at all."""
    return sh(
        """
arrived=$(mktemp -d)
trap 'rm -rf -- "$arrived"' EXIT
take | tar -xf - -C "$arrived" --no-same-owner
for name in {{names}}; do
  mode=600
  [[ $name != dns-hook ]] || mode=700
  old={{folder}}/$name
  if cmp -s -- "$arrived/$name" "$old" && [[ $(stat -c %a "$old") == "$mode" ]]; then continue; fi
  install -m "$mode" -- "$arrived/$name" "$old.new"
  mv -fT -- "$old.new" "$old"
  case $name in *.pem) ;; *) fact changed "$name of TLS" ;; esac
done""",
        names=names,
        folder=site.tls.folder,
    )


def _install(site: Site) -> Script:
    """Install the operator's files, which lie in the app's folder then."""
    options = {
        **place(site),
        "do": "install",
        "certificate": str(site.tls.folder / "own.pem"),
        "key": str(site.tls.folder / "own-key.pem"),
    }
    return _run(site, options)


def removed_tls(site: Site) -> Script:
    """Take away everything of TLS that is the app's, for a removal."""
    return sh(
        """
if [[ -d {{folder}} ]]; then
{{end}}
  rm -rf -- {{folder}}
  fact changed "TLS removed"
fi""",
        folder=site.tls.folder,
        end=end_orders(site),
    )
