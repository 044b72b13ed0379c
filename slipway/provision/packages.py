"""Installs missing Debian packages: those that Slipway needs, and those that the app asks for."""

from __future__ import annotations

from slipway.core.shell import sh
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
    return Step(
        "packages",
        "install what is missing",
        sh(
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
  [[ -e /usr/sbin/nginx ]] || systemctl mask --runtime --quiet nginx.service 2> /dev/null
  problem=''
  if ! apt_get install --no-install-recommends -- "${lacking[@]}" > /dev/null; then
    apt_get update || fail "apt could not read its package lists: ${problem:-see above}"
    apt_get install --no-install-recommends -- "${lacking[@]}" \\
      || fail "apt could not install ${lacking[*]}: ${problem:-see above}"
  fi
  for name in "${lacking[@]}"; do fact changed "package $name"; done
fi
[[ ! -e /run/systemd/system/nginx.service ]] || systemctl unmask --runtime --quiet nginx.service""",
            names=sorted(
                {
                    *NEEDED,
                    *(NGINX if site.app.web else ()),
                    *(BACKUP if site.app.backup.wanted else ()),
                    *_for_tls(site),
                    *site.app.packages,
                }
            ),
            timeout=LOCK_TIMEOUT,
        ),
    )
