rm -rf /srv/shop/releases/20261120-131502-abc1234/conf/again
SLIPWAY_NONCE=${nonce-} python3 -I -S - '{"base": "/srv/shop", "processes": ["web"], "release": "20261120-131502-abc1234", "stopped": "/srv/shop/stopped", "supervisor": "/srv/shop/run/supervisor.sock"}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
if [[ -e /srv/shop/releases/20261120-131502-abc1234/conf/again/web.program ]]; then
conf=/srv/shop/releases/20261120-131502-abc1234/conf/again programs=/srv/shop/supervisor.d
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
SLIPWAY_NONCE=${nonce-} python3 -I -S - /srv/shop/releases/20261120-131502-abc1234/conf/again/boot.json <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
