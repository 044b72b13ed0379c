delete_releases() { # PATH...: folders of releases, and files that go with them
  rm -rf -- "$@" 2> /dev/null && return
  local folder
  for folder; do
    [[ -d $folder ]] || continue
    sudo -n -u shop -- find "$folder/run" -mindepth 1 -type d -exec chmod u+rwx {} ';' > /dev/null 2> /dev/null || true
    sudo -n -u shop -- find "$folder/run" -mindepth 1 -delete > /dev/null 2> /dev/null || true
    rm -rf -- "$folder" 2> /dev/null ||
      note release-not-deleted "$folder cannot be deleted whole, since the app has made files in it: delete it by hand"
  done
}
[[ -x /opt/slipway/tools/bin/uv && -w /srv/shop/releases ]] || fail 'the host is not provisioned for shop: run `fab provision --hosts=web1`'
if [[ -e /srv/shop/undo ]]; then
  SLIPWAY_NONCE=${nonce-} bash /srv/shop/undo || fail 'an earlier operation was cut off here, and going back from it fails: `bash /srv/shop/undo` says why'
  note operation-cut-off "an earlier operation was cut off here; what it had begun was undone"
fi
for journal in /srv/shop/undo.aside /srv/shop/undo.done; do
  if [[ -e $journal ]]; then SLIPWAY_NONCE=${nonce-} bash "$journal" onward; fi
done
if [[ -e /srv/shop/undo.new || -L /srv/shop/undo.link ]]; then rm -f /srv/shop/undo.new /srv/shop/undo.link; fi
if [[ -e /srv/shop/held ]]; then fail "locked by $(cat /srv/shop/held); \`fab unlock\` takes the lock away"; fi
if [[ -r /etc/nginx/sites-enabled/slipway-shop.conf ]]; then
read_site() {
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
}
  read_site /etc/nginx/sites-enabled/slipway-shop.conf
  [[ $site_ports == *' 80 '* ]] || fail 'nginx does not listen on port 80 here yet: run `fab provision --hosts=web1` first'
fi
[[ -S /srv/shop/run/supervisor.sock ]] || fail 'the app'"'"'s supervisord does not run: run `fab provision --hosts=web1`'
for release in /srv/shop/releases/*/; do
  if [[ -d $release && ! -e ${release}release.json ]]; then
    id=${release%/} id=${id##*/}
    delete_releases /srv/shop/env/"$id".env /srv/shop/env/"$id".kept "${release%/}"
  fi
done
mkdir -p /srv/shop/stopped
chmod 2751 /srv/shop/stopped
SLIPWAY_NONCE=${nonce-} python3 -I -S - '{"base": "/srv/shop", "grace": 10, "processes": ["web", "mails"], "stopped": "/srv/shop/stopped", "supervisor": "/srv/shop/run/supervisor.sock", "wait": 55, "who": "ann@laptop since 2026-11-20 13:15:02 UTC"}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
