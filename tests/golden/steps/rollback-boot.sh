if [[ -e /srv/shop/releases/20261119-090000-bbb2222/conf/web.program ]]; then
conf=/srv/shop/releases/20261119-090000-bbb2222/conf programs=/srv/shop/supervisor.d
enable() { # NAME... : let supervisord see programs of the release
  local name lines place
  for name; do
    mapfile lines < "$conf/$name.program"
    [[ ${lines[*]} =~ \[program:([^]]+)\] ]]
    place=$programs/${BASH_REMATCH[1]}.conf
    [[ $place -ef $conf/$name.program ]] || ln -f "$conf/$name.program" "$place"
  done
}
enable web
SLIPWAY_NONCE=${nonce-} python3 -I -S - /srv/shop/releases/20261119-090000-bbb2222/conf/boot.json <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
