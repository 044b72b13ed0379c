conf=/srv/shop/releases/20261119-090000-bbb2222/conf programs=/srv/shop/supervisor.d
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
python3 -I -S - "$(cat /srv/shop/releases/20261119-090000-bbb2222/conf/boot.json)" <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
