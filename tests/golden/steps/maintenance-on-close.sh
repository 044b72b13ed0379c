for link in /srv/shop/maintenance/page /srv/shop/maintenance/on; do
  ln -sfnT 20261120-131502-1f3a.600 "$link.new"
  mv -fT "$link.new" "$link"
done
SLIPWAY_NONCE=${nonce-} python3 -I -S - '{"address": "127.0.0.1", "health": "/healthz", "host": "www.example.org", "https": false, "https_redirect": false, "port": 80, "retry_after": 600, "timeout": 5}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
for name in 127.0.0.1; do : > /srv/shop/maintenance/on/allow/"$name"; done
