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
workers=()
for file in "$conf"/*.program; do
  name=${file##*/} name=${name%.program}
  [[ -e $file && $name != web ]] || continue
  if [[ -e /srv/shop/stopped/$name ]]; then
    note process-stopped "$name stays stopped, by $(cat /srv/shop/stopped/"$name"): \`fab start --process=$name\` starts it"
  else
    workers+=("$name")
  fi
done
if ((${#workers[@]})); then
  enable "${workers[@]}"
SLIPWAY_NONCE=${nonce-} python3 -I -S - /srv/shop/releases/20261120-131502-abc1234/conf/again/workers.json '{"patient": true, "stopped": "/srv/shop/stopped"}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
