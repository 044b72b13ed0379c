"""Undo on a host what provision has done there for one app: site, processes, files, accounts."""

from __future__ import annotations

from slipway.core.shell import Script, join, sh
from slipway.model.step import Step
from slipway.provision.accounts import BUILDERS
from slipway.provision.certificate_for_nginx import removed_tls
from slipway.provision.nginx import REMOVE_UNUSED_DEFAULTS
from slipway.provision.target import Site
from slipway.render.nginx_site import LOGS, site_name
from slipway.render.site_fits_release import installed_site


def nginx(site: Site) -> Step:
    """Take the site away, and what answers for unknown names on ports that no app uses any more."""
    if site.host.rootless:
        return Step("nginx", "remove the nginx site", _nginx_of_user(site))
    script = sh(
        r"""
(
[[ ! -d {{home}} ]] || flock 8
cd /etc/nginx/sites-available 2> /dev/null || exit 0
gone=''
for file in ../sites-enabled/{{site}} {{site}} {{site}}.new; do
  if [[ -e $file || -L $file ]]; then rm -f -- "$file"; gone=yes; fi
done
[[ ! $gone ]] || fact changed "nginx site "{{site}}
unread=$(mktemp -u)
{{unused}}
[[ ! -e $unread ]] || gone=yes
rm -f -- "$unread"
if [[ $gone ]] && systemctl --quiet is-active nginx; then
  nginx -t -q 2> /dev/null && systemctl reload nginx || note nginx-not-reloaded \
    "nginx was not reloaded: \`nginx -t\` says why"
fi
) 8>> {{lock}}""",
        home=site.home,
        lock=Script('"$(test -d /opt/slipway && echo /opt/slipway/lock || echo /dev/null)"'),
        unused=REMOVE_UNUSED_DEFAULTS,
        site=site_name(site.app),
    )
    return Step("nginx", "remove the nginx site", join([script, removed_tls(site)]))


def _nginx_of_user(site: Site) -> Script:
    return sh(
        """
if [[ -e {{site}} ]]; then
  rm -f -- {{site}}
  fact changed "nginx site "{{name}}
  if pid=$(cat {{pid}} 2> /dev/null) && grep -qsF nginx "/proc/$pid/cmdline"; then kill -HUP "$pid"; fi
fi""",
        site=installed_site(site.host, site.layout),
        name=site_name(site.app),
        pid=site.home / "nginx" / "nginx.pid",
    )


def stop(site: Site) -> Step:
    """End everything of the app: supervisord, what it runs, tasks."""
    if site.host.rootless:
        script = sh(
            """
socket={{socket}}
if pid=$(cat {{pid_file}} 2> /dev/null) && grep -qsF -- {{config}} "/proc/$pid/cmdline"; then
  rm -f -- {{config}}  # or cron would start it again
  kill "$pid"
  for ((tries = 0; tries < {{tries}}; tries++)); do [[ -d /proc/$pid ]] || break; sleep 0.1; done
  [[ ! -d /proc/$pid ]] || kill -KILL "$pid" 2> /dev/null || true
  fact changed "supervisord stopped"
fi
grep -lszxF "SUPERVISOR_SERVER_URL=unix://$socket" /proc/[0-9]*/environ | cut -d / -f 3 \\
  | xargs -r kill -KILL 2> /dev/null || true""",
            socket=site.layout.supervisor_socket,
            pid_file=site.pid_file,
            config=site.config,
            tries=600,
        )
    else:
        script = sh(
            """
for backup in {{backup}}.timer {{backup}}.service; do
  [[ -e /etc/systemd/system/$backup ]] || continue
  systemctl --quiet disable --now "$backup" 2> /dev/null || true
  rm -f -- "/etc/systemd/system/$backup"
  fact changed "$backup"
done
unit={{unit}} file=/etc/systemd/system/{{unit}}
if [[ -e $file ]]; then
  systemctl --quiet disable --now "$unit" 2> /dev/null || systemctl stop "$unit" || true
  rm -f -- "$file"
  systemctl daemon-reload
  systemctl reset-failed "$unit" 2> /dev/null || true
  fact changed "$unit"
fi
{{mine}}
for user in $(mine); do
  # -1: every process that this account may end, which are its own.
  for _ in 1 2 3; do runuser -u "$user" -- bash -c 'kill -KILL -1' 2> /dev/null || true; done
done""",
            backup=f"slipway_backup-{site.app.name}",
            unit=site.unit,
            mine=_mine(site),
        )
    return Step("stop", "stop the app", script)


def files(site: Site) -> Step:
    """Delete the app's folder, and what provision has put elsewhere for it alone."""
    name = site.app.name
    own = [] if site.host.rootless else [f"/etc/sudoers.d/slipway-{name}", f"/etc/logrotate.d/slipway-{name}"]
    own += [] if site.host.rootless else [str(site.home / "prune-logs" / name)]
    folders = [str(site.layout.base)] if site.host.rootless else [str(LOGS / name), str(site.layout.base)]
    script = sh(
        """
for file in {{own}}; do
  if [[ -e $file ]]; then rm -f -- "$file"; fact changed "$file"; fi
done
for folder in {{folders}}; do
  if [[ -L $folder ]]; then fail "$folder is a link: look where it leads to, and remove it yourself"; fi
  if [[ -d $folder ]]; then
    rm -rf --one-file-system -- "$folder" || fail "$folder could not be deleted: see above"
    fact changed "folder $folder"
  fi
done
if [[ {{rootless}} == no ]] && ! compgen -G '/etc/logrotate.d/slipway-*' > /dev/null \\
    && ! compgen -G {{used}} > /dev/null; then
  if [[ -e /etc/systemd/system/slipway_logs.timer ]]; then
    systemctl --quiet disable --now slipway_logs.timer 2> /dev/null || true
    rm -f /etc/systemd/system/slipway_logs.timer /etc/systemd/system/slipway_logs.service
    systemctl daemon-reload
    fact changed 'timer for log rotation'
  fi
fi""",
        used=str(site.home / "prune-logs" / "*"),
        own=own,
        folders=folders,
        rootless="yes" if site.host.rootless else "no",
    )
    return Step("files", "delete the app's files", script)


def accounts(site: Site) -> Step:
    """Delete the accounts that were made for the app, and their groups: nothing may bar the name."""
    script = sh(
        """
{{mine}}
for user in $(mine); do
  if grep -lsqxF "User=$user" /etc/systemd/system/slipway-*.service; then
    note account-stays "the account $user stays: another app runs as it"
    continue
  fi
  if members=$(getent group "$user"); then
    for member in $(tr ',' ' ' <<< "${members##*:}"); do
      gpasswd --delete "$member" "$user" > /dev/null 2>&1 || true
    done
  fi
  userdel -- "$user" 2> /dev/null || fail "the account $user could not be deleted: does a process still run as it?"
  if getent group "$user" > /dev/null; then groupdel -- "$user"; fi
  rm -rf -- {{builders}}/"$user"
  fact changed "account $user"
done""",
        builders=BUILDERS,
        mine=_mine(site),
    )
    return Step("accounts", "delete the app's accounts", script)


def _mine(site: Site) -> Script:
    """Define `mine`: the accounts that were made for the app, as their comment says."""
    return sh(
        """mine() {
  local name comment
  while IFS=: read -r name _ _ _ comment _; do
    [[ $comment != {{mark}} && $comment != {{mark}}[\\ ,]* ]] || printf '%s\\n' "$name"
  done < <(getent passwd)
}""",
        mark=f"Slipway app {site.app.name}",
    )
