[[ -x /opt/slipway/tools/bin/uv && -w /srv/shop/releases ]] || fail 'the host is not provisioned for shop: run `fab provision --hosts=web1`'
if [[ -e /srv/shop/undo ]]; then
  SLIPWAY_NONCE=${nonce-} bash /srv/shop/undo || fail 'an earlier operation was cut off here, and going back from it fails: `bash /srv/shop/undo` says why'
  note "an earlier operation was cut off here; what it had begun was undone"
fi
for journal in /srv/shop/undo.aside /srv/shop/undo.done; do
  if [[ -e $journal ]]; then SLIPWAY_NONCE=${nonce-} bash "$journal" onward; fi
done
if [[ -e /srv/shop/undo.new || -L /srv/shop/undo.link ]]; then rm -f /srv/shop/undo.new /srv/shop/undo.link; fi
if [[ -e /srv/shop/held ]]; then fail "locked by $(cat /srv/shop/held); \`fab unlock\` takes the lock away"; fi
[[ -S /srv/shop/run/supervisor.sock ]] || fail 'the app'"'"'s supervisord does not run: run `fab provision --hosts=web1`'
for release in /srv/shop/releases/*/; do
  [[ ! -d $release || -e ${release}release.json ]] || rm -rf "$release"
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
plainly_well() ( # FILE ADDRESS PORT
  mapfile request < "$1" && exec {nginx}<> "/dev/tcp/$2/$3" && printf %s "${request[@]}" >&"$nginx" || exit 1
  IFS=' ' read -r -t 5 _ status _ <&"$nginx" && [[ $status == 200 ]] || exit 1
  LC_ALL=C read -r -N 4096 -t 5 _ <&"$nginx" || exit $(($? != 1))  # 1: that was the end
  timeout 5 cat <&"$nginx" > /dev/null
) 2> /dev/null
if ! plainly_well /srv/shop/current/conf/ask.http 127.0.0.1 80; then
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
