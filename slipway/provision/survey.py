"""Surveys a host before anything changes: is it a supported system, and is the app's port free?"""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.step import Step
from slipway.provision.target import Site

# Refuse hosts that are not supported. Fact: `distro`.
SUPPORTED = Script(
    """read -r id version < <(. /etc/os-release; printf '%s %s\\n' "${ID:-unknown}" "${VERSION_ID:-none}") || true
fact distro "$id $version"
wanted="Debian 12 or newer, or Ubuntu 22.04 or newer"
case $id:$version in
  debian:12* | debian:13* | ubuntu:22.04 | ubuntu:24.04) ;;
  debian:none) note os-untested "Debian without a release number is not tested" ;;
  debian:* | ubuntu:*)
    major=${version%%.*}
    if [[ $id == debian ]]; then least=12; else least=22; fi
    ((major >= least)) || fail "$id $version is too old: provision needs $wanted"
    note os-untested "$id $version is newer than what is tested" ;;
  *) fail "$id $version is not supported: provision needs $wanted" ;;
esac
[[ -d /run/systemd/system ]] || fail "systemd does not run here: provision needs $wanted, booted with systemd"
"""
)


def survey(site: Site) -> Step:
    """Refuse hosts that are not supported, and a port that another program holds. Fact: `distro`."""
    return Step(
        "survey",
        "look at the host",
        sh(
            """
((EUID == 0)) || fail "provision needs root: set admin to root or to a login that may use sudo without a password"
{{supported}}
for port in {{ports}}; do
  if holders=$(command -v ss > /dev/null && ss -Hltnp "sport = :$port" | grep -v '"nginx"'); then
    holder=$(sed -nE 's/.*users:\\(\\("([^"]*)".*/\\1/p' <<< "$holders" | head -n 1)
    key=port
    [[ $port == {{port}} ]] || key=tls.port
    fail "port $port is held by ${holder:-another program}: stop it there, or set app.$key to another port"
  fi
done""",
            port=site.app.port,
            ports=[str(port) for port in (site.app.port, *([site.app.tls.port] if site.app.ends_tls else []))],
            supported=SUPPORTED,
        ),
    )
