if [[ -e /srv/shop/releases/20261119-090000-bbb2222/conf/health_command.json ]]; then
SLIPWAY_NONCE=${nonce-} python3 -I -S - /srv/shop/releases/20261119-090000-bbb2222/conf/health_command.json <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
