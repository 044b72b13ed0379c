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
if [[ -r /etc/nginx/sites-enabled/slipway-shop.conf ]]; then
  lacking='' more=''
  for name in www.example.org; do [[ $site_names == *" $name "* ]] || lacking+=", $name"; done
  [[ $site_https == no || no == no ]] || lacking+=', https'
  [[ ! $lacking ]] || fail "nginx does not serve ${lacking#, } here yet: run "'`fab provision --hosts=web1`'" first;" \
    "what it serves now (${site_names:1:-1}) it goes on serving until the new release has switched"
  read -ra served <<< "$site_names"
  for name in "${served[@]}"; do [[ ' www.example.org ' == *" $name "* ]] || more+=", $name"; done
  for port in $site_ports; do [[ $port == 80 ]] || more+=", port $port"; done
  [[ $site_https == no ]] || more+=', https'
  [[ ! $more ]] || note nginx-site-old \
    "nginx still serves ${more#, }, which the inventory does not name: "'`fab provision --hosts=web1`'" ends that" \
    "when the release that serves does not need it any more"
elif [[ -r /etc/nginx/sites-enabled ]]; then
  fail 'nginx has no site of shop here: run `fab provision --hosts=web1` first'
fi
{ read -r _; read -r room inodes; } < <(exec df --output=avail,iavail -B M /srv/shop)
room=${room%M}
((room >= 200)) || fail "only $room MiB are free in /srv/shop, 200 are needed: free some, or lower app.keep"
[[ $inodes == - ]] || ((inodes == 0 || inodes >= 10000)) || fail "only $inodes inodes are free in /srv/shop, 10000 are needed: delete small files"
follow current /srv/shop/current
follow standby /srv/shop/standby
fact current "$current"

kept=/srv/shop/env/first.kept
[[ ! $current ]] || kept=/srv/shop/env/$current.kept
if [[ -s $kept ]]; then
  tell_hidden() { # NAME: what is on standard input, in base64
  local part encoded
  encoded=$(base64 -w 60000)
  for part in $encoded; do hidden "$1" "$part"; done
}
  tell_hidden kept < "$kept"
fi
fact standby "$standby"
if [[ -s /srv/shop/fleet ]]; then
  mapfile -t members < /srv/shop/fleet
  fact fleet "${members[*]}"
fi
trees=$(exec git --git-dir=/srv/shop/repo.git for-each-ref --format='%(objectname)' refs/slipway 2> /dev/null) || true
fact trees "${trees//$'\n'/ }"
for other in /srv/shop/releases/20261120-131502-*; do [[ ! -e $other ]] || hidden taken yes; done
