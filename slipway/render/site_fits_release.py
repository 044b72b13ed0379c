"""Stops a deploy whose names or port the installed nginx site does not serve.

Names and ports of the release that serves stay in the site until a release that knows the new ones has switched: a
visitor of either is served all the time.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from slipway.core.shell import Script, sh
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.layout import Layout
from slipway.render.nginx_site import server_names, site_name, sockets, told_https

# read_site FILE: sets site_names, site_ports (words between spaces) and site_https (yes, tls or no) to
# what a site serves.
# One from before the first line told it is read as far as it goes.
READ_SITE = Script(
    r"""read_site() {
  local line words word
  site_names=' ' site_ports=' ' site_https=no
  while IFS= read -r line; do
    if [[ $line =~ ^'# serves: https '(yes|tls|no)', ports '([0-9 ]+)', names '(.+)$ ]]; then
      site_https=${BASH_REMATCH[1]} site_ports=" ${BASH_REMATCH[2]} " site_names=" ${BASH_REMATCH[3]} "
      return
    elif [[ $line =~ ^[[:blank:]]*server_name[[:blank:]]+([^\;]+)\; ]]; then
      read -ra words <<< "${BASH_REMATCH[1]}"
      for word in "${words[@]}"; do [[ $site_names == *" $word "* ]] || site_names+="$word "; done
    elif [[ $line =~ ^[[:blank:]]*listen[[:blank:]]+([^\;[:blank:]]*:)?([0-9]+)[\;[:blank:]] ]]; then
      [[ $site_ports == *" ${BASH_REMATCH[2]} "* ]] || site_ports+="${BASH_REMATCH[2]} "
    elif [[ $line =~ ^[[:blank:]]*proxy_set_header[[:blank:]]+X-Forwarded-Proto[[:blank:]]+https\; ]]; then
      site_https=yes
    fi
  done < "$1"
}"""
)


def installed_site(host: Host, layout: Layout) -> PurePosixPath:
    """The site as the host's nginx reads it."""
    if host.rootless:
        return layout.tools.parent / "nginx" / "sites" / site_name(host.app)
    return PurePosixPath("/etc/nginx/sites-enabled") / site_name(host.app)


def demand_port(host: Host, layout: Layout) -> Script:
    """Stop where nginx does not listen on the app's port yet: nobody could ask the site there."""
    if not host.app.web:
        return Script("")
    return sh(
        """
if [[ -r {{site}} ]]; then
{{read_site}}
  read_site {{site}}
  [[ $site_ports == *{{port}}* ]] || fail {{advice}}
fi""",
        site=installed_site(host, layout),
        read_site=READ_SITE,
        port=f" {host.app.port} ",
        advice=f"nginx does not listen on port {host.app.port} here yet: run `fab provision --hosts={host.name}` first",
    )


def demand(host: Host, layout: Layout) -> Script:
    """Stop where nginx does not serve what the inventory says yet; say it where it serves more than that.

    The variables are those that `demand_port` has set.
    """
    if not host.app.web:
        return Script("")
    provision = f"`fab provision --hosts={host.name}`"
    return sh(
        """
if [[ -r {{site}} ]]; then
  lacking='' more=''
  for name in {{names}}; do [[ $site_names == *" $name "* ]] || lacking+=", $name"; done
  [[ $site_https == {{https}} || {{https}} == no ]] || lacking+={{kind}}
  [[ ! $lacking ]] || fail "nginx does not serve ${lacking#, } here yet: run "{{provision}}" first;" \\
    "what it serves now (${site_names:1:-1}) it goes on serving until the new release has switched"
  read -ra served <<< "$site_names"
  for name in "${served[@]}"; do [[ {{spaced}} == *" $name "* ]] || more+=", $name"; done
  for port in $site_ports; do [[ $port == {{port}} ]] || more+=", port $port"; done
  [[ $site_https == {{https}} ]] || more+=', https'
  [[ ! $more ]] || note nginx-site-old \\
    "nginx still serves ${more#, }, which the inventory does not name: "{{provision}}" ends that" \\
    "when the release that serves does not need it any more"
elif [[ -r {{folder}} ]]; then
  fail {{absent}}
fi""",
        site=installed_site(host, layout),
        folder=installed_site(host, layout).parent,
        names=list(server_names(host.app, host)),
        spaced=f" {' '.join(server_names(host.app, host))} ",
        port=host.app.port,
        https=told_https(host.app),
        kind=", TLS" if host.app.ends_tls else ", https",
        provision=provision,
        absent=f"nginx has no site of {host.app.name} here: run {provision} first",
    )


def demand_of_release(host: Host, layout: Layout, release: PurePosixPath) -> Script:
    """Stop where nginx serves none of the names that a release was made for: no visitor could reach it.

    Args:
        release: its own nginx.conf.
    """
    return sh(
        """
if [[ -r {{site}} && -r {{release}} ]]; then
{{read_site}}
  read_site {{release}}
  read -ra made_for <<< "$site_names"
  read_site {{site}}
  known=''
  for name in "${made_for[@]}"; do [[ $site_names != *" $name "* ]] || known=yes; done
  [[ $known || ! ${made_for[*]} ]] || fail "this release was made for ${made_for[*]}, and nginx serves only" \
    "${site_names:1:-1}: name one of the old domains in the inventory, and run "{{provision}}" first"
fi""",
        site=installed_site(host, layout),
        release=release,
        read_site=READ_SITE,
        provision=f"`fab provision --hosts={host.name}`",
    )


def keep_served(app: App, host: Host, layout: Layout, as_login: Script) -> Script:
    """Define `keep_served TEXT TEXT_WITH_HTTPS [TEXT_WITH_TLS]`: sets `site_text` to the site that is to be installed.

    It is TEXT; and if the release that serves now was made for other names or ports, whatever of these the installed
    site serves stays besides. Only names and ports come from the installed site, which root has written; what the
    release says only decides whether they stay.

    Args:
        as_login: words that run a command as the account that deploys, which owns the release.
    """
    names = server_names(app, host)
    return sh(
        r"""
{{read_site}}
keep_served() {
  local name port socket served names='' ports='' https={{https}} now
  site_text=$1
  now=$({{as_login}} head -c 1000000 -- {{release}} 2> /dev/null) || true
  [[ -r {{site}} && $now ]] || return 0
  read_site /dev/stdin <<< "$now"
  if [[ {{https}} == tls && $site_https == no ]]; then
    note https-begins "visitors are sent from HTTP to HTTPS once there is a certificate; the current release was made" \
      "for HTTP: deploy, and the app knows of it"
  fi
  [[ $site_https$site_ports$site_names != {{wanted}} ]] || return 0
  read_site {{site}}
  read -ra served <<< "$site_names"
  for name in "${served[@]}"; do [[ {{spaced}} == *" $name "* ]] || names+=" $name"; done
  for port in $site_ports; do [[ $port == {{port}} ]] || ports+=" $port"; done
  if [[ $https == no && $site_https == yes ]]; then https=yes site_text=$2; fi
  if [[ $https != tls && $site_https == tls ]]; then https=tls site_text=${3-}; fi
  if [[ $names && $site_text != *{{names_line}}* ]]; then
    note nginx-site-old "nginx serves$names no more: a template of your own says which names it has"
    names=''
  fi
  [[ $names$ports || $https != {{https}} ]] || return 0
  site_text=${site_text/{{names_line}}/{{names_open}}"$names;"}
  for port in $ports; do
    for socket in {{sockets}}; do
      site_text=${site_text/"    listen $socket;"/"    listen $socket;"$'\n'"    listen ${socket%{{port}}}$port;"}
    done
  done
  site_text="# serves: https $https, ports {{port}}$ports, names "{{words}}"$names"$'\n'${site_text#*$'\n'}
  note nginx-site-old \
    "nginx goes on serving what the current release was made for${names:+:$names}${ports:+, port$ports};" \
    "run \`fab provision\` again when a deploy has switched to the new names"
}""",
        read_site=READ_SITE,
        as_login=as_login,
        release=layout.current / "conf" / "nginx.conf",
        site=installed_site(host, layout),
        https=told_https(app),
        wanted=f"{told_https(app)} {app.port}  {' '.join(names)} ",
        spaced=f" {' '.join(names)} ",
        words=" ".join(names),
        names_line=f"    server_name {' '.join(names)};",
        names_open=f"    server_name {' '.join(names)}",
        port=app.port,
        sockets=list(sockets(app, host)),
    )
