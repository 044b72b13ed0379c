"""Installs the Debian packages of services, without the instances that these would start by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from slipway.core.shell import Script, join, join_words, sh
from slipway.model.step import Step
from slipway.provision.packages import install
from slipway.provision.services.target import ServiceSite
from slipway.provision.survey import SUPPORTED

# By kind: the package's own unit, which serves everybody on the host, and a file of the package.
OWN_UNITS = MappingProxyType(
    {
        "redis": ("redis-server", "redis-server.service", "/usr/bin/redis-server"),
        "memcached": ("memcached", "memcached.service", "/usr/bin/memcached"),
    }
)
# Extensions that PostgreSQL's own package lacks; the package is called postgresql-VERSION-...
EXTENSIONS = MappingProxyType({"postgis": "postgis-3", "vector": "pgvector"})


def service_packages(sites: Sequence[ServiceSite]) -> Step:
    """Install what is missing; of redis and memcached only the programs, since each app gets an instance of its own."""
    kinds = {site.service.kind for site in sites}
    names = {"postgresql" + (f"-{site.service.version}" if site.service.version else "")
             for site in sites if site.service.kind == "postgres"}  # fmt: skip
    own = [OWN_UNITS[kind] for kind in OWN_UNITS if kind in kinds]
    names |= {package for package, _, _ in own}
    script = sh(
        """
((EUID == 0)) || fail "services need root: set admin of this host to root or to a login that may use sudo"
{{supported}}
idle=()
{{look}}
{{install}}
for unit in "${idle[@]}"; do systemctl --quiet disable "$unit"; fact changed "$unit stays off"; done
{{extensions}}""",
        supported=SUPPORTED,
        look=join(sh("[[ -e {{file}} ]] || idle+=({{unit}})", file=file, unit=unit) for _, unit, file in own),
        install=install(sorted({*names, "python3"}), {unit: file for _, unit, file in own}),
        extensions=join(_extensions(site) for site in sites),
    )
    return Step("service-packages", "install what the services need", script)


def _extensions(site: ServiceSite) -> Script:
    wanted = [EXTENSIONS[name] for name in site.service.extensions if name in EXTENSIONS]
    if not wanted:
        return Script("")
    words = join_words(*(sh('"postgresql-$version"-{{name}}', name=name) for name in wanted))
    return sh(
        """
version={{version}}
[[ $version ]] || version=$(pg_lsclusters -h | awk '$2 == "main" { print $1 }' | sort -n | tail -n 1)
{{install}}""",
        version=site.service.version,
        install=install(words),
    )
