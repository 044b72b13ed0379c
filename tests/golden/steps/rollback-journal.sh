previous=$(readlink /srv/shop/current || true)
{ printf 'previous=%q\n' "$previous"; cat <<'SLIPWAY_UNDO'
cd /srv/shop || exit 1
if [[ $(readlink current) == releases/20261119-090000-bbb2222 ]]; then
  if [[ $previous ]]; then
    ln -sfnT "$previous" current.new && mv -fT current.new current
  else
    rm -f current
  fi
fi
if [[ $(readlink standby) == releases/20261119-090000-bbb2222 ]]; then
if [[ -e /srv/shop/releases/20261119-090000-bbb2222/conf/workers.json && -S /srv/shop/run/supervisor.sock ]]; then
python3 -I - "$(cat /srv/shop/releases/20261119-090000-bbb2222/conf/workers.json)" <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
else
if [[ -e /srv/shop/releases/20261119-090000-bbb2222/conf/boot.json && -S /srv/shop/run/supervisor.sock ]]; then
python3 -I - "$(cat /srv/shop/releases/20261119-090000-bbb2222/conf/boot.json)" <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
if [[ -e /srv/shop/releases/20261119-090000-bbb2222/conf/workers.json && -S /srv/shop/run/supervisor.sock ]]; then
python3 -I - "$(cat /srv/shop/releases/20261119-090000-bbb2222/conf/workers.json)" <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
fi
[[ ${1:-} == told ]] || printf '%s, "when": "%s"}\n' '{"operation": "undo", "release": "20261119-090000-bbb2222", "outcome": "ok", "who": "the host itself"' "$(date -u +%FT%T+00:00)" >> /srv/shop/history.jsonl
rm -f /srv/shop/undo
SLIPWAY_UNDO
} > /srv/shop/undo.new
mv -f /srv/shop/undo.new /srv/shop/undo
