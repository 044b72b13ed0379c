conf=/srv/shop/releases/20261119-090000-bbb2222/conf programs=/srv/shop/supervisor.d id=20261119-090000-bbb2222
enable() { # NAME... : let supervisord see programs of the release
  local name
  for name; do
    cp "$conf/$name.program" "$programs/$id.$name.conf.new"
    mv -f "$programs/$id.$name.conf.new" "$programs/$id.$name.conf"
  done
}
workers=()
for file in "$conf"/*.program; do
  name=${file##*/} name=${name%.program}
  [[ $name == web ]] || workers+=("$name")
done
if ((${#workers[@]})); then
  enable "${workers[@]}"
python3 -I -S - "$(cat /srv/shop/releases/20261119-090000-bbb2222/conf/workers.json)" '{"patient": false}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
