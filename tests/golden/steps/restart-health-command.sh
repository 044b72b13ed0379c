if [[ -e /srv/shop/releases/20261120-131502-abc1234/conf/health_command.json ]]; then
SLIPWAY_NONCE=${nonce-} python3 -I -S - /srv/shop/releases/20261120-131502-abc1234/conf/health_command.json <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
