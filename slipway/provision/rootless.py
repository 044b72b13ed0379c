"""Provisions hosts without root: all files in one account's folder, with its own supervisord and nginx."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.step import Step
from slipway.provision.supervisor import write_config
from slipway.provision.target import PUT, Site
from slipway.render.nginx_site import NGINX_SAYS, WITHOUT_IPV6, server_names, site_name, sockets


def survey_of_user(site: Site) -> Step:
    """Name what only the host's administrator can install."""
    return Step(
        "survey",
        "look at the host",
        sh(
            """
lacking=()
for name in python3 git; do command -v "$name" > /dev/null || lacking+=("$name"); done
python3 -I -c 'import ensurepip, venv' 2> /dev/null || lacking+=(python3-venv)
((${#lacking[@]} == 0)) || fail "missing here: ${lacking[*]}; ask the administrator for: apt-get install ${lacking[*]}"
for name in {{packages}}; do
  dpkg-query -W -f '${db:Status-Status}' "$name" 2> /dev/null | grep -q '^installed' \\
    || note package-missing "the package $name, which the app asks for, is not installed, and needs an administrator"
done""",
            packages=list(site.app.packages),
        ),
    )


def supervisor_of_user(site: Site) -> Step:
    """Run the app's supervisord as a daemon; cron starts it at boot, and within a minute where it has died."""
    return Step(
        "supervisor",
        "run the app's supervisord",
        sh(
            """
{{put}}
{{write}}
start={{start}} config={{config}} pid_file={{pid_file}}
put "$start" 700 {{script}} 'start script'
rotate=${start%/*}/rotate
put "$rotate" 700 {{rotate}} 'log rotation'
{{cron}}
supervisor_pid() {
  local pid
  pid=$(cat "$pid_file" 2> /dev/null) && grep -qsF -- "$config" "/proc/$pid/cmdline" && printf %s "$pid"
}
if ! pid=$(supervisor_pid); then
  "$start" || true
  fact changed "supervisord started"
elif [[ $config -nt $pid_file || {{complete}} -nt $pid_file ]]; then
  if [[ -z $(cat "/proc/$pid/task/$pid/children") ]]; then
    kill "$pid"
    for _ in {1..100}; do supervisor_pid > /dev/null || break; sleep 0.05; done
    "$start" || true
    fact changed "supervisord restarted"
  else
    note supervisord-older \\
      "supervisord runs with older settings; when the site may pause for a restart: kill $pid; sleep 9; $start"
  fi
fi""",
            put=PUT,
            write=write_config(site),
            start=site.home / "start",
            script=site.render("start-rootless.j2", home=site.home),
            rotate=site.render("rotate-rootless.j2", home=site.home),
            cron=_cron(site),
            config=site.config,
            pid_file=site.pid_file,
            complete=site.layout.tools / "complete",
        ),
    )


def _cron(site: Site) -> Script:
    """Lines of the account's crontab; none for the lab, which must not leave traces on a developer's machine."""
    if site.host.lab:
        return Script(":")
    start = site.home / "start"
    return sh(
        """
if ! command -v crontab > /dev/null; then
  note no-cron "there is no cron here: after a reboot, or where supervisord or nginx died, run $start;" \\
    "run $rotate when nginx's logs grow large"
else
  for line in {{lines}}; do
    if ! crontab -l 2> /dev/null | grep -qxF -- "$line"; then
      { crontab -l 2> /dev/null || true; printf '%s\\n' "$line"; } | crontab -
      fact changed crontab
    fi
  done
fi""",
        lines=[f"@reboot {start}", f"* * * * * {start} again", f"*/10 * * * * {site.home / 'rotate'}"],
    )


def nginx_of_user(site: Site) -> Step:
    """Run an nginx of the account's own, if the program is there; all apps of the account share it."""
    folder = site.home / "nginx"
    default = f"default-{site.app.port}.conf"
    return Step(
        "nginx",
        "set up nginx",
        sh(
            r"""
folder={{folder}} home={{home}} port={{port}} start={{home}}/start
runs() { local pid; pid=$(cat "$folder/nginx.pid" 2> /dev/null) && grep -qsF nginx "/proc/$pid/cmdline"; }
everything() { cat "$folder/nginx.conf" "$folder"/sites/*.conf 2> /dev/null | cksum; }
if ! nginx=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v nginx); then
  note nginx-missing \
    "nginx is not installed: deploys work, but nothing listens on port $port; ask the administrator for it"
else
{{put}}
{{without_ipv6}}
{{nginx_says}}
(
flock 8
mkdir -p "$folder/sites" "$folder/temp"
unread=$home/nginx-unread  # there until nginx has read what changed, whatever happens in between
before=$(everything) kept=$(mktemp -d)
cp -a "$folder/sites" "$kept"
[[ ! -e $folder/nginx.conf ]] || cp -a "$folder/nginx.conf" "$kept"
trap 'rm -rf "$folder/sites" "$folder/nginx.conf"; cp -a "$kept"/. "$folder"; rm -rf "$kept"' EXIT
put "$folder/nginx.conf" 600 {{main}} nginx.conf
{{keep_served}}
keep_served {{text}} {{https_text}}
put "$folder/sites/"{{site}} 600 "$(without_ipv6 <<< "$site_text")" 'nginx site '{{site}}
put "$folder/sites/"{{default}} 600 "$(without_ipv6 <<< {{default_text}})" 'nginx site '{{default}}
if [[ $(everything) != "$before" || -e $unread ]]; then
  touch "$unread"
  said=$("$nginx" -t -c "$folder/nginx.conf" 2>&1) || true
  [[ $said == *'test is successful'* ]] || fail "nginx refuses its configuration: $(nginx_says "$said")"
  for name in {{names}}; do
    [[ $said != *"conflicting server name \"$name\" on"* ]] \
      || fail "another app here has the name $name on port $port already: set app.domains or app.port"
  done
  if runs; then kill -HUP "$(< "$folder/nginx.pid")"; fi
  rm -f "$unread"
fi
trap - EXIT
rm -rf "$kept"
) 8>> "$home/lock"
if ! runs; then
  "$start" || fail "nginx does not start: $(nginx_says "$(tail -n 3 "$folder/error.log")")"
  fact changed "nginx started"
fi
fi""",
            put=PUT,
            without_ipv6=WITHOUT_IPV6,
            nginx_says=NGINX_SAYS,
            folder=folder,
            home=site.home,
            port=site.app.port,
            main=site.render("nginx-rootless.conf.j2", home=site.home),
            site=site_name(site.app),
            keep_served=site.keep_served(),
            text=site.nginx_site(),
            https_text=site.nginx_site(https=True),
            default=default,
            default_text=site.render("nginx-default.conf.j2", listen=sockets(site.app, site.host), tls=False),
            names=list(server_names(site.app, site.host)),
        ),
    )
