"""Renders the nginx site of an app, and checks it without root."""

from __future__ import annotations

import ipaddress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from msgspec import Struct

from slipway.core.shell import Script, sh
from slipway.model.tls_layout import TlsPaths
from slipway.render.templates import Fill, render

if TYPE_CHECKING:
    from slipway.inventory import Host
    from slipway.inventory.app import App
    from slipway.model.layout import Layout

LOGS = PurePosixPath("/var/log/slipway")


class TlsSite(Struct, frozen=True):
    """What the site of an app says of TLS.

    Attributes:
        paths: where the certificate is. listen: sockets for HTTPS; none where TLS does not end here.
        challenges: whether the site serves proofs for whoever signs the certificate.
        peers: whether it asks other hosts for proofs that it does not have.
    """

    paths: TlsPaths
    listen: tuple[str, ...] = ()
    challenges: bool = False
    peers: bool = False


def tls_site(app: App, host: Host, layout: Layout) -> TlsSite:
    """What the site says of TLS, as the inventory has it."""
    paths = TlsPaths(layout.tools.parent, app.name)
    if not app.ends_tls:
        return TlsSite(paths)
    by_http = app.tls.by_acme and not app.tls.by_dns
    ports = (str(app.tls.port), f"[::]:{app.tls.port}")
    return TlsSite(paths, ports, by_http, by_http and bool(host.peers))


def nginx_site(app: App, host: Host, layout: Layout, folder: Path | None = None, fill: Fill = render) -> str:
    """The text of the site, as provision installs it and as a deploy validates it.

    It holds `listen [::]:PORT` lines for hosts with IPv6; `without_ipv6` takes them out where there is none.

    Args:
        folder: the user's own templates.
        fill: what makes the text.

    Raises:
        UsageError: a template is wrong.
    """
    logs = log_folder(app, host, layout)
    text = fill(
        "nginx.conf.j2",
        folder=folder,
        app=app,
        host=host,
        layout=layout,
        names=server_names(app, host),
        listen=sockets(app, host),
        tls=tls_site(app, host, layout),
        upstream=f"slipway_{app.name}",
        variable=f"slipway_{app.name.replace('-', '_')}",
        health_path=health_path(app),
        access_log=logs / access_log(host),
        error_log=logs / ("nginx.error.log" if host.rootless else "error.log"),
    )
    return f"{first_line(app, host)}\n{text}"


def first_line(app: App, host: Host) -> str:
    """What the site serves, whatever templates make of the rest; see `slipway.render.site_fits_release`."""
    return f"# serves: https {told_https(app)}, ports {app.port}, names {' '.join(server_names(app, host))}"


def told_https(app: App) -> str:
    """Where TLS ends, in the words of the first line: in front of nginx (yes), in nginx (tls), or nowhere (no)."""
    return "tls" if app.ends_tls else "yes" if app.https else "no"


def server_names(app: App, host: Host) -> tuple[str, ...]:
    """The names that the site answers to: the app's domains, else the address that the host is reached by."""
    if app.domains:
        return tuple(dict.fromkeys(domain.lower() for domain in app.domains))
    address = host.target.partition("%")[0].lower()
    return (f"[{address}]" if ":" in address else address,)


def health_path(app: App) -> str:
    """The path of the app's health URL as nginx has it in $uri, which passes in maintenance; "" if none does.

    "/" is the page that visitors ask for, and does not pass.
    """
    path = unquote((app.health or "").partition("?")[0])
    return "" if path == "/" or "$" in path else path


def sockets(app: App, host: Host) -> tuple[str, ...]:
    """What nginx listens on for the app, in the words of its `listen`.

    Several rootless hosts may share one machine, each with a loopback address of its own.
    """
    if host.rootless and _is_loopback(host.target):
        return (f"{host.target}:{app.port}",)
    return (str(app.port), f"[::]:{app.port}")


def address_on_host(app: App, host: Host) -> tuple[str, int]:
    """Where the host itself reaches the site's nginx: address and port."""
    own = host.rootless and _is_loopback(host.target)
    return (host.target if own else "127.0.0.1", app.port)


def access_log(host: Host) -> str:
    """The name of nginx's access log of the app; a rootless host has it among the app's own logs."""
    return "nginx.access.log" if host.rootless else "access.log"


def log_folder(app: App, host: Host, layout: Layout) -> PurePosixPath:
    """Where nginx writes the app's access and error logs.

    Not in the app's own folder where nginx is root's: who may write there could make root write anywhere.
    """
    return layout.log if host.rootless else LOGS / app.name


def host_history(host: Host, layout: Layout) -> PurePosixPath:
    """The history of a host that is there without any app: of removals, and of what failed before the app was there.

    It is root's, where there is root, and everybody may read it.
    """
    return (layout.tools.parent if host.rootless else LOGS) / "history.jsonl"


def site_name(app: App) -> str:
    """The site's file in /etc/nginx/sites-available."""
    return f"slipway-{app.name}.conf"


WITHOUT_IPV6 = Script(
    r"""# Takes the IPv6 sockets out of a site on standard input where the kernel has no IPv6.
without_ipv6() { if [[ -e /proc/net/if_inet6 ]]; then cat; else grep -v '^[[:space:]]*listen \+\[::\]:'; fi; }"""
)


# nginx alone refuses names of more than some 45 characters; a domain may have 253.
LONG_NAMES = "server_names_hash_bucket_size 512;"

# nginx_says OUTPUT: the first error in it, without the time and process that nginx puts before it.
NGINX_SAYS = Script(r"""nginx_says() { sed -nE 's/.*\[emerg\] ([0-9]+#[0-9]+: )?//p' <<< "$1" | head -n 1; }""")


def check_nginx(site: PurePosixPath) -> Script:
    """Have nginx check the text of a site without root, and without touching the nginx that runs.

    The check runs on a copy inside a configuration of its own, in which ports and logs that only root may open are
    replaced. Where nginx is not installed there is nothing to check; what cannot be
    read without root (the key of a certificate that the user's own template names) is left to provision.

    Args:
        site: path of the text on the host.
    """
    return sh(
        r"""
{{nginx_says}}
if nginx=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v nginx); then (
  site={{site}} check=$(mktemp -d)
  trap 'rm -rf -- "$check"' EXIT
  # Line by line, so that the lines that nginx names are those of the site.
  # Our own certificates are root's to read, so nothing speaks TLS in the copy of a site that names one.
  tls=$(grep -cE '^ *ssl_certificate +/opt/slipway/tls/' "$site" || true)
  awk -v folder="$check" -v tls="$tls" '/^[ \t]*listen +\[::\]/ { $0 = "" }
    tls && /^[ \t]*listen / { gsub(/ (ssl|http2)/, "") }
    /^[ \t]*ssl_certificate(_key)? +\/opt\/slipway\/tls\// { $0 = "" }
    /^[ \t]*include +\/opt\/slipway\/tls\/.*\/peers\.conf;/ { $0 = "server 127.0.0.1:1;" }
    { sub(/^[ \t]*listen +[^ ;]+/, "listen unix:" folder "/" NR)
      sub(/^[ \t]*access_log .*/, "access_log off;"); sub(/^[ \t]*error_log .*/, "error_log stderr;"); print }' \
    "$site" > "$check/site.conf"
  { printf 'pid %s/pid; error_log stderr; events { }\nhttp {\n' "$check"
    for kind in client_body proxy fastcgi uwsgi scgi; do printf '%s_temp_path %s/%s;\n' $kind "$check" $kind; done
    grep -q server_names_hash_bucket_size "$site" || echo {{long_names}}
    printf 'include /etc/nginx/mime.type[s];\ninclude %s/site.conf;\n}\n' "$check"
  } > "$check/nginx.conf"
  if ! said=$("$nginx" -t -q -p "$check" -c "$check/nginx.conf" 2>&1) && [[ $said != *'Permission denied'* ]]; then
    fail "nginx refuses the site: $(nginx_says "${said//"$check/site.conf"/$site}")"
  fi
) fi""",
        nginx_says=NGINX_SAYS,
        site=site,
        long_names=LONG_NAMES,
    )


def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return parsed.version == 4 and parsed.is_loopback
