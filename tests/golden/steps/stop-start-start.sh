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
[[ -e /srv/shop/current ]] || fail "nothing has been deployed here yet: run \`fab deploy\` first"
release=$(cd -P /srv/shop/current && pwd)
names=(web mails)
if ((${#names[@]} == 0)); then
  for file in "$release"/conf/*.program; do names+=("$(basename "$file" .program)"); done
fi
workers=()
for name in "${names[@]}"; do
  [[ -e $release/conf/$name.program ]] || fail "the current release has no process $name"
  [[ $name == web ]] || workers+=("$name")
done
conf=$release/conf programs=/srv/shop/supervisor.d
enable() { # NAME... : let supervisord see programs of the release
  local name lines place
  for name; do
    mapfile lines < "$conf/$name.program"
    [[ ${lines[*]} =~ \[program:([^]]+)\] ]]
    place=$programs/${BASH_REMATCH[1]}.conf
    [[ $place -ef $conf/$name.program ]] || ln -f "$conf/$name.program" "$place"
  done
}
if [[ " ${names[*]} " == *' web '* ]]; then
  enable web
SLIPWAY_NONCE=${nonce-} python3 -I -S - /srv/shop/current/conf/boot.json <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
  [[ ! -e /srv/shop/stopped/web ]] || { rm -f /srv/shop/stopped/web; fact changed "web started"; }
own_socket() { # FOLDER: whether web.sock leads to a socket that lies there itself
  local place
  for place in "$1"/web.*.sock "$1"/web.sock; do
    [[ -L $place || ! -S $place || ! $1/web.sock -ef $place ]] || return 0
  done
  return 1
}
own_socket /srv/shop/current/run || fail '/srv/shop/current/run/web.sock does not lead to a socket of this release, so visitors would see an error or what is not this app: something of the app has replaced or removed its socket. Look at what the app runs'
clearly_healthy() ( # FILE ADDRESS PORT
  mapfile request < "$1" && exec {nginx}<> "/dev/tcp/$2/$3" && printf %s "${request[@]}" >&"$nginx" || exit 1
  IFS=' ' read -r -t 5 _ status _ <&"$nginx" && [[ $status == 200 ]] || exit 1
  LC_ALL=C read -r -N 4096 -t 5 _ <&"$nginx" || exit $(($? != 1))  # 1: that was the end
  timeout 5 cat <&"$nginx" > /dev/null
) 2> /dev/null
if ! clearly_healthy /srv/shop/current/conf/ask.http 127.0.0.1 80; then
SLIPWAY_NONCE=${nonce-} python3 -I -S - /srv/shop/current/conf/ask.json '{"address": "127.0.0.1", "pass": "/srv/shop/maintenance/on/pass", "port": 80}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
fi
if ((${#workers[@]})); then
  enable "${workers[@]}"
  only=$(printf '"%s",' "${workers[@]}")
SLIPWAY_NONCE=${nonce-} python3 -I -S - /srv/shop/current/conf/workers.json "{\"only\": [${only%,}]}" <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
  for name in "${workers[@]}"; do
    [[ ! -e /srv/shop/stopped/$name ]] || { rm -f /srv/shop/stopped/"$name"; fact changed "$name started"; }
  done
fi
if [[ -e /srv/shop/current/conf/health_command.json ]]; then
SLIPWAY_NONCE=${nonce-} python3 -I -S - /srv/shop/current/conf/health_command.json <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
