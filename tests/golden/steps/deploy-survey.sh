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
trees=$(exec git --git-dir=/srv/shop/repo.git for-each-ref --format='%(objectname)' refs/slipway 2> /dev/null) || true
fact trees "${trees//$'\n'/ }"
[[ ! -e /srv/shop/releases/20261120-131502-abc1234 ]] || hidden taken yes
