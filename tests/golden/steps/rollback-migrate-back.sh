rm -f /srv/shop/migrated
{ printf '%s\n' "$BASHPID"; exec sudo -n -u shop -- /srv/shop/releases/20261120-131502-abc1234/conf/run python - '{"check": false, "migrations": {"default": ["shop.0002_more"]}}' <<'SLIPWAY_PROGRAM'; } | SLIPWAY_NONCE=${nonce-} python3 -I -S /dev/fd/3 '{"facts": {}}' '{"sender": true}' 3<<'SLIPWAY_RECEIVER'
...
SLIPWAY_PROGRAM
...
SLIPWAY_RECEIVER
[[ ! -e /srv/shop/releases/20261119-090000-bbb2222/migrations.json ]] || cp /srv/shop/releases/20261119-090000-bbb2222/migrations.json /srv/shop/applied
