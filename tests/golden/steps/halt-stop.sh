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
mkdir -p /srv/shop/stopped
chmod 2751 /srv/shop/stopped
SLIPWAY_NONCE=${nonce-} python3 -I -S - '{"base": "/srv/shop", "grace": 10, "processes": ["web", "mails"], "stopped": "/srv/shop/stopped", "supervisor": "/srv/shop/run/supervisor.sock", "wait": 55, "who": "ann@laptop since 2026-11-20 13:15:02 UTC"}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
