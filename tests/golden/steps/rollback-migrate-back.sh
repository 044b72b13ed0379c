rm -f /srv/shop/migrated
sudo -n -u shop -- /srv/shop/releases/20261120-131502-abc1234/conf/run python - '{"check": false, "migrations": {"default": ["shop.0002_more"]}}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
[[ ! -e /srv/shop/releases/20261119-090000-bbb2222/migrations.json ]] || cp /srv/shop/releases/20261119-090000-bbb2222/migrations.json /srv/shop/applied
