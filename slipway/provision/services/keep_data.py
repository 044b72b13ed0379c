"""Says where the data of an app's services stay when the app leaves a host, and ends the caches that hold none."""

from __future__ import annotations

from slipway.core.shell import Script, join, sh
from slipway.inventory.services_of_hosts import Service
from slipway.model.step import Step
from slipway.provision.target import Site


def keep_data(site: Site) -> Step:
    """Delete no database: that is for a person to say. memcached, which runs as the app's account, ends with it."""
    made = [service for service in site.host.services if service.url is None]
    script = join(_ended(service) if service.kind == "memcached" else _told(service) for service in made)
    return Step("services", "leave the data of services where they are", script)


def _told(service: Service) -> Script:
    if service.kind == "postgres":
        what = f"the database {service.database} of PostgreSQL"
        how = f"sudo -u postgres dropdb {service.database}; sudo -u postgres dropuser {service.account}"
    else:
        unit = f"redis-{service.database}"
        what = f"redis ({unit}.service)"
        how = f"systemctl disable --now {unit}; rm -r /var/lib/{unit} /etc/systemd/system/{unit}.service"
    text = f"{what} stays on {service.host} with its data; to delete it there: {how}"
    return sh("note service-kept {{text}}", text=text)


def _ended(service: Service) -> Script:
    return sh(
        """
if [[ -e {{file}} ]]; then
  systemctl --quiet disable --now {{unit}}
  rm -f -- {{file}}
  systemctl daemon-reload
  fact changed {{unit}}
fi""",
        unit=f"memcached-{service.database}.service",
        file=f"/etc/systemd/system/memcached-{service.database}.service",
    )
