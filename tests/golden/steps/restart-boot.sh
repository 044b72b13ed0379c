rm -rf /srv/shop/releases/20261120-131502-abc1234/conf/again
python3 -I -S - '{"base": "/srv/shop", "processes": ["web"], "release": "20261120-131502-abc1234", "stopped": "/srv/shop/stopped", "supervisor": "/srv/shop/run/supervisor.sock"}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
if [[ -e /srv/shop/releases/20261120-131502-abc1234/conf/again/web.program ]]; then
conf=/srv/shop/releases/20261120-131502-abc1234/conf/again programs=/srv/shop/supervisor.d
enable() { # NAME... : let supervisord see programs of the release
  local name program
  for name; do
    [[ $(< "$conf/$name.program") =~ \[program:([^]]+)\] ]]
    program=${BASH_REMATCH[1]}
    cp "$conf/$name.program" "$programs/$program.conf.new"
    mv -f "$programs/$program.conf.new" "$programs/$program.conf"
  done
}
enable web
python3 -I -S - "$(cat /srv/shop/releases/20261120-131502-abc1234/conf/again/boot.json)" <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
