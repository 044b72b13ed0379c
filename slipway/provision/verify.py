"""Verifies, as the last step, that everything answers; then the host records that it is provisioned."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from slipway.core.shell import Script, join, python, sh
from slipway.model.step import Step
from slipway.provision.target import Site
from slipway.remote import program
from slipway.render.nginx_site import server_names, site_name, sockets

TIMEOUT = 15  # seconds


def check(site: Site) -> Step:
    """Ask supervisord and nginx whether they are there; the app hears nothing of it."""
    return Step(
        "check",
        "ask supervisord and nginx",
        join([_supervisord(site), _nginx(site) if site.app.web else Script(""), _remember(site)]),
    )


def _remember(site: Site) -> Script:
    """Write it into the app's history, as the account that owns that file."""
    if not site.who:
        return Script("")
    told = {"operation": "provision", "outcome": "ok", "who": site.who, "when": site.when}
    line = json.dumps(told, sort_keys=True)
    return site.as_login(sh("printf '%s\\n' {{line}} >> {{history}}", line=line, history=site.layout.history))


def _supervisord(site: Site) -> Script:
    """Ask as the account that deploys: the app may have put anything in the place of the socket."""
    options = {
        "supervisor": str(site.layout.supervisor_socket),
        "log": str(site.layout.log / "supervisord.log"),
        "timeout": TIMEOUT,
    }
    return site.as_login(python(program("supervisor.check_supervisord"), options))


def _nginx(site: Site) -> Script:
    """Ask our own nginx, if the site is on the usual port at all: another program may hold it by now.

    The path is one that nginx answers itself.
    """
    address = sockets(site.app, site.host)[0].rpartition(":")[0] or "127.0.0.1"
    if site.host.rootless:
        folder = site.home / "nginx"
        pid, sites = sh("$(cat {{file}} 2> /dev/null || true)", file=folder / "nginx.pid"), folder / "sites"
    else:
        pid = Script("$(systemctl show --property MainPID --value nginx)")
        sites = PurePosixPath("/etc/nginx/sites-enabled")
    return sh(
        r"""
name={{name}} port={{port}} pid={{pid}}
ask() {
  if command -v ss > /dev/null; then [[ $(ss -Hltnp "sport = :$port") == *",pid=$pid,"* ]] || return 1; fi
  (
    exec 3<> "/dev/tcp/"{{address}}"/$port"
    printf 'GET /.slipway HTTP/1.0\r\nHost: %s\r\n\r\n' "$name" >&3
    IFS= read -r -t {{timeout}} answer <&3 && [[ $answer == HTTP/* ]]
  ) 2> /dev/null
}
if [[ $pid ]] && grep -qs "^ *listen [^;]*\<$port\>" {{file}}; then
  for try in {1..40}; do
    if ask; then break; fi
    ((try < 40)) || fail "nginx does not answer for $name on port $port: see its error log, and who else uses the port"
    sleep 0.05
  done
fi""",
        name=server_names(site.app, site.host)[0].replace("*", "slipway"),
        port=site.app.port,
        pid=pid,
        address=address,
        timeout=TIMEOUT,
        file=sites / site_name(site.app),
    )
