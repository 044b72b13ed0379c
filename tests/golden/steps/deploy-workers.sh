conf=/srv/shop/releases/20261120-131502-abc1234/conf programs=/srv/shop/supervisor.d
enable() { # NAME... : let supervisord see programs of the release
  local name program
  for name; do
    [[ $(< "$conf/$name.program") =~ \[program:([^]]+)\] ]]
    program=${BASH_REMATCH[1]}
    cp "$conf/$name.program" "$programs/$program.conf.new"
    mv -f "$programs/$program.conf.new" "$programs/$program.conf"
  done
}
workers=()
for file in "$conf"/*.program; do
  name=${file##*/} name=${name%.program}
  [[ -e $file && $name != web ]] || continue
  if [[ -e /srv/shop/stopped/$name ]]; then
    note "$name stays stopped, by $(cat /srv/shop/stopped/"$name"): \`fab start --process=$name\` starts it"
  else
    workers+=("$name")
  fi
done
if ((${#workers[@]})); then
  enable "${workers[@]}"
python3 -I -S - "$(cat /srv/shop/releases/20261120-131502-abc1234/conf/workers.json)" '{"patient": true, "stopped": "/srv/shop/stopped"}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
