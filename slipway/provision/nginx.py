"""Configures nginx: the app's site, the default answer for unknown names, and log rotation; nothing else."""

from __future__ import annotations

from pathlib import PurePosixPath

from slipway.core.shell import Script, join, sh
from slipway.model.step import Step
from slipway.provision.long_names import long_names
from slipway.provision.target import PUT, Site
from slipway.render.nginx_site import (
    NGINX_SAYS,
    WITHOUT_IPV6,
    log_folder,
    server_names,
    site_name,
    sockets,
    tls_site,
)

# nginx_account: prints the account that nginx's workers run as.
NGINX_ACCOUNT = Script(
    r"""nginx_account() {
  local name=''
  # Where no app has a web side yet, nginx is not there; its package uses the account that Debian's base has for it.
  if [[ -r /etc/nginx/nginx.conf ]]; then
    name=$(sed -nE 's/^[[:space:]]*user[[:space:]]+([^ ;]+).*/\1/p' /etc/nginx/nginx.conf | head -n 1)
  fi
  printf %s "${name:-www-data}"
}"""
)
_FUNCTIONS = Script(
    r"""available=/etc/nginx/sites-available enabled=/etc/nginx/sites-enabled kept=$(mktemp -d) staged=()
# stage NAME TEXT: writes and enables a site if it differs; what stood there is kept until nginx has agreed
stage() {
  local text
  text=$(without_ipv6 <<< "$2")
  if [[ $(readlink "$enabled/$1") == "$available/$1" ]] && cmp -s "$available/$1" <(printf '%s\n' "$text"); then
    return 0
  fi
  [[ ! -e $available/$1 ]] || cp -a "$available/$1" "$kept/$1"
  [[ ! -L $enabled/$1 ]] || touch "$kept/$1.enabled"
  staged+=("$1")
  touch "$unread"
  printf '%s\n' "$text" > "$available/$1.new"
  chmod 0644 "$available/$1.new"
  mv -f "$available/$1.new" "$available/$1"
  ln -sfnT "$available/$1" "$enabled/$1"
}
# unstage NAME...: restores what stood there
unstage() {
  local name
  for name; do
    [[ -e $kept/$name.enabled ]] || rm -f "$enabled/$name"
    if [[ -e $kept/$name ]]; then mv -f "$kept/$name" "$available/$name"; else rm -f "$available/$name"; fi
  done
}
added=''
trap 'unstage "${staged[@]}"; [[ ! $added ]] || rm -f "$added"; rm -rf "$kept"' EXIT
"""
)


def nginx(site: Site) -> Step:
    """Install the site; nginx itself checks the whole configuration before it is asked to read it.

    If it refuses, the old file is restored. A server name that another site has already is a failure,
    where nginx only warns and goes on ignoring one of the two.
    """
    return Step(
        "nginx",
        "set up the nginx site",
        sh(
            """
{{put}}
{{without_ipv6}}
{{nginx_says}}
{{logs}}
(
flock 8
unread={{home}}/nginx-unread  # there until nginx has read what changed, whatever happens in between
{{functions}}
grep -qs '^[^#]*include .*/sites-enabled/' /etc/nginx/nginx.conf \\
  || fail "nginx.conf does not read sites-enabled: add 'include /etc/nginx/sites-enabled/*;' to its http block"
{{debian_default}}
{{keep_served}}
keep_served {{text}} {{https_text}} {{tls_text}}
{{long_names}}
stage {{site}} "$site_text"
{{defaults}}
{{test}}
for name in "${staged[@]}"; do fact changed "nginx site $name"; done
staged=() added=''
{{unused}}
{{run}}
) 8>> {{home}}/lock""",
            put=PUT,
            without_ipv6=WITHOUT_IPV6,
            nginx_says=NGINX_SAYS,
            logs=_logs(site),
            functions=_FUNCTIONS,
            debian_default=_DEBIAN_DEFAULT,
            long_names=long_names(site),
            site=site_name(site.app),
            keep_served=site.keep_served(),
            text=site.nginx_site(),
            https_text=site.nginx_site(https=True),
            tls_text=site.nginx_site_with_tls(),
            defaults=_defaults(site),
            test=_test(site),
            unused=REMOVE_UNUSED_DEFAULTS,
            run=_run(site),
            home=site.home,
        ),
    )


def _ports(site: Site) -> list[int]:
    return [site.app.port, *([site.app.tls.port] if site.app.ends_tls else [])]


def _default_name(port: int) -> str:
    return f"slipway-default-{port}.conf"


def _defaults(site: Site) -> Script:
    """Stage what answers for unknown names, on each port."""
    listen = (sockets(site.app, site.host), tls_site(site.app, site.host, site.layout).listen)
    certificate = site.tls.unknown_names
    texts = [
        site.render("nginx-default.conf.j2", listen=listen[index], tls=bool(index), certificate=certificate)
        for index, _ in enumerate(_ports(site))
    ]
    return join(
        sh("stage {{name}} {{text}}", name=_default_name(port), text=text)
        for port, text in zip(_ports(site), texts, strict=True)
    )


# Closes ports that no app uses any more: nothing but our answer for unknown names listens there.
REMOVE_UNUSED_DEFAULTS = Script(
    r"""for file in /etc/nginx/sites-available/slipway-default-*.conf; do
  [[ -e $file ]] || continue
  port=${file##*/slipway-default-} port=${port%.conf} used=''
  for other in /etc/nginx/sites-available/slipway-*.conf; do
    [[ $other == */slipway-default-* ]] || ! grep -qE "^ *listen ([^ ;]*:)?$port[ ;]" "$other" || used=yes
  done
  if [[ ! $used ]]; then
    rm -f -- "/etc/nginx/sites-enabled/${file##*/}" "$file"
    fact changed "nginx site ${file##*/}"
    touch "$unread"
  fi
done"""
)


# Only as the package left it: dpkg knows the digest of what it installed.
_DEBIAN_DEFAULT = Script(
    r"""if [[ -L $enabled/default ]]; then
  digest=$(md5sum < "$available/default" || true)
  if dpkg-query -W -f '${Conffiles}\n' 'nginx*' 2> /dev/null | grep -qF "sites-available/default ${digest%% *}"; then
    rm -f "$enabled/default"
    printf "nginx's own default site, which was as Debian ships it, is no longer enabled\n"
    fact changed "nginx default site disabled"
    touch "$unread"
  fi
fi"""
)


def _test(site: Site) -> Script:
    return sh(
        r"""
said=$(nginx -t 2>&1) || true
for port in {{ports}}; do
  [[ $said =~ 'duplicate default server for '[^[:space:]]*":$port"[^0-9] ]] || continue
  default="slipway-default-$port.conf"
  unstage "$default"
  for index in "${!staged[@]}"; do [[ ${staged[index]} != "$default" ]] || unset "staged[index]"; done
  note nginx-default-server \
    "another nginx site is the default server of port $port: it answers for unknown names, not Slipway"
  said=$(nginx -t 2>&1) || true
done
if [[ $said != *'test is successful'* ]]; then
  fail "nginx refuses its configuration: $(nginx_says "$said")"
fi
for name in {{names}}; do
  if grep -qF "conflicting server name \"$name\" on" <<< "$said"; then
    others=$(grep -lswF -- "$name" "$enabled"/* /etc/nginx/conf.d/* | grep -v {{site}} || true)
    others=${others//$'\n'/ }
    fail "another nginx site (${others:-see nginx -T}) has the name $name on port {{port}}: set app.domains or app.port"
  fi
done""",
        ports=[str(port) for port in _ports(site)],
        site=f"/{site_name(site.app)}$",
        port=site.app.port,
        names=list(server_names(site.app, site.host)),
    )


def _run(site: Site) -> Script:
    """Start nginx, or have it read what has changed; and see that its workers can reach the app's folder."""
    return sh(
        r"""
if ! systemctl --quiet is-enabled nginx; then
  systemctl --quiet enable nginx 2> /dev/null
  fact changed "nginx enabled"
fi
if ! systemctl --quiet is-active nginx; then
  if ! systemctl start nginx; then
    fail "nginx does not start: $(nginx_says "$(journalctl -u nginx -n 20 -o cat)")"
  fi
  fact changed "nginx started"
elif [[ -e $unread ]]; then
  systemctl reload nginx
fi
rm -f "$unread"
{{nginx_account}}
worker=$(nginx_account) base={{base}}
runuser -u "$worker" -- test -x "$base" \
  || fail "nginx ($worker) cannot pass through to $base: chmod o+x the folders above it"
""",
        nginx_account=NGINX_ACCOUNT,
        base=site.layout.base,
    )


def _logs(site: Site) -> Script:
    """A folder for nginx's logs of the app that its group can read, so that `fab logs` needs no root."""
    folder = log_folder(site.app, site.host, site.layout)
    return sh(
        """
folder={{folder}} user={{user}}
if [[ ! -d $folder || $(stat -c '%G %a' "$folder") != "$user 2751" ]]; then
  (umask 022; mkdir -p "$folder")
  chown "root:$user" "$folder"
  chmod 2751 "$folder"
  fact changed "folder $folder"
fi
for log in {{files}}; do
  [[ -e $log ]] || install -m 0640 -o www-data -g "$user" /dev/null "$log"
done
put {{rotation}} 644 {{text}} "log rotation"
""",
        folder=folder,
        user=site.app.user,
        files=[folder / "access.log", folder / "error.log"],
        rotation=PurePosixPath("/etc/logrotate.d") / f"slipway-{site.app.name}",
        text=site.render("logrotate.j2", logs=folder),
    )
