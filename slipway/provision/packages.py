"""Installs missing Debian packages: those that Slipway needs, and those that the app asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from slipway.core.shell import Script, join, sh
from slipway.model.step import Step
from slipway.provision.target import Site

NEEDED = (
    "acl",
    "ca-certificates",
    "git",
    "iproute2",
    "python3",
    "python3-venv",
    "rsync",
    "sudo",
)
NGINX = ("logrotate", "nginx")  # for an app with a web side
BACKUP = ("restic",)  # for [app.backup]

LOCK_TIMEOUT = 600  # seconds; a fresh cloud host upgrades itself for some minutes


def _for_tls(site: Site) -> tuple[str, ...]:
    given = site.app.tls
    if not site.app.ends_tls:
        return ()
    plugin = (f"python3-certbot-dns-{given.dns_plugin}",) if given.by_acme and given.dns_plugin else ()
    return ("openssl", *(("certbot",) if given.by_acme else ()), *plugin)


def packages(site: Site) -> Step:
    """Install what is missing.

    nginx is not started by its package: its default site would appear for a moment, or fail on a port that is taken.
    The mask is a runtime one, so that no crash can make it last.
    """
    backup = BACKUP if site.app.backup.wanted else ()
    names = sorted({*NEEDED, *(NGINX if site.app.web else ()), *backup, *_for_tls(site), *site.app.packages})
    return Step("packages", "install what is missing", install(names, {"nginx.service": "/usr/sbin/nginx"}))


def install(names: Sequence[str] | Script, quiet: Mapping[str, str] = MappingProxyType({})) -> Script:
    """Install what is missing of some packages, and tell each.

    Args:
        names: of the packages; a script has them as words.
        quiet: units that their package must not start, each with a file that is there once the package is.
    """
    mask = "[[ -e {{file}} ]] || systemctl mask --runtime --quiet {{unit}} 2> /dev/null"
    unmask = "[[ ! -e /run/systemd/system/{{unit}} ]] || systemctl unmask --runtime --quiet {{unit}}"
    masks = join(sh(mask, file=file, unit=unit) for unit, file in quiet.items())
    unmasks = join(sh(unmask, unit=unit) for unit in quiet)
    return sh(
        """
names=({{names}}) timeout={{timeout}}
apt_get() {
  local said tries=0
  while ! said=$(DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y \\
      -o DPkg::Lock::Timeout=$timeout -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \\
      "$@" 2>&1 < /dev/null); do
    if ((++tries < timeout / 5)); then
      if [[ $said == *'/var/lib/apt/lists/lock'* ]]; then sleep 5; continue; fi
      # An installation was cut off: dpkg has to finish it first.
      if [[ $said == *'dpkg --configure -a'* ]]; then DEBIAN_FRONTEND=noninteractive dpkg --configure -a && continue; fi
    fi
    printf '%s\\n' "$said"
    problem=$(grep -m 1 '^E: ' <<< "$said" || true)
    return 1
  done
}
installed() { dpkg-query -W -f '${db:Status-Status} ${Package}\\n${db:Status-Status} ${Package}:${Architecture}\\n' \\
  "$@" 2> /dev/null | sed -n 's/^installed //p' || true; }
provided() { dpkg-query -W -f '${db:Status-Status}, ${Provides}\\n' | grep '^installed, .' \\
  | tr ',' '\\n' | sed -E 's/^ *([^ ]*).*/\\1/' || true; }
# missing WHERE NAME...: the names that are not among the lines of WHERE
missing() {
  local have=$'\\n'$1$'\\n' name
  shift
  for name; do [[ $have == *$'\\n'"$name"$'\\n'* ]] || printf '%s\\n' "$name"; done
}

mapfile -t lacking < <(missing "$(installed "${names[@]}")" "${names[@]}")
if ((${#lacking[@]})); then mapfile -t lacking < <(missing "$(provided)" "${lacking[@]}"); fi
if ((${#lacking[@]})); then
{{masks}}
  problem=''
  if ! apt_get install --no-install-recommends -- "${lacking[@]}" > /dev/null; then
    apt_get update || fail "apt could not read its package lists: ${problem:-see above}"
    apt_get install --no-install-recommends -- "${lacking[@]}" \\
      || fail "apt could not install ${lacking[*]}: ${problem:-see above}"
  fi
  for name in "${lacking[@]}"; do fact changed "package $name"; done
fi
{{unmasks}}""",
        names=names if isinstance(names, Script) else list(names),
        timeout=LOCK_TIMEOUT,
        masks=masks,
        unmasks=unmasks,
    )
