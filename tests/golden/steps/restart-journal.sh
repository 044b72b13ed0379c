follow previous /srv/shop/current
previous=${previous:+releases/$previous}
fact previous "$previous"
{ printf 'previous=%q\n' "$previous"; cat <<'SLIPWAY_UNDO'
nonce=${SLIPWAY_NONCE-}
unset SLIPWAY_NONCE
cd /srv/shop || exit 1
if [[ ${1:-} == onward ]]; then
set -e

for file in /srv/shop/releases/20261120-131502-abc1234/conf/again/*.program /srv/shop/releases/20261120-131502-abc1234/conf/again/boot.json; do
  if [[ -e $file ]]; then mv -f "$file" /srv/shop/releases/20261120-131502-abc1234/conf/; fi
done
if [[ -e /srv/shop/releases/20261120-131502-abc1234/conf/again/whole.json ]]; then mv -f /srv/shop/releases/20261120-131502-abc1234/conf/again/whole.json /srv/shop/releases/20261120-131502-abc1234/conf/workers.json; fi
rm -rf /srv/shop/releases/20261120-131502-abc1234/conf/again
SLIPWAY_NONCE=${nonce-} python3 -I -S - '{"base": "/srv/shop", "ending": "/srv/shop/ending", "folder": "/srv/shop/supervisor.d", "keep": [], "standby": ["web"], "supervisor": "/srv/shop/run/supervisor.sock", "wait": 0}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
  printf '%s\n' '{"by": "the host itself", "message": "web", "operation": "restart", "outcome": "ok", "release": "20261120-131502-abc1234", "when": "2026-11-20T13:15:02+00:00", "who": "ann@laptop"}' >> /srv/shop/history.jsonl
  rm -f /srv/shop/undo.link "$0"
  exit
fi
if [[ -L /srv/shop/releases/20261120-131502-abc1234/conf/again/web.sock.back ]]; then
  mv -fT /srv/shop/releases/20261120-131502-abc1234/conf/again/web.sock.back /srv/shop/releases/20261120-131502-abc1234/run/web.sock || exit 1
fi
for options in /srv/shop/releases/20261120-131502-abc1234/conf/again/boot.json /srv/shop/releases/20261120-131502-abc1234/conf/again/workers.json; do
  [[ -e $options ]] || continue
SLIPWAY_NONCE=${nonce-} python3 -I -S - "$options" <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
done
for file in /srv/shop/releases/20261120-131502-abc1234/conf/again/*.program; do
  [[ -e $file && $(< "$file") =~ \[program:([^]]+)\] ]] && rm -f "supervisor.d/${BASH_REMATCH[1]}.conf"
done
rm -rf /srv/shop/releases/20261120-131502-abc1234/conf/again supervisor.d/*.new
[[ ${1:-} == told ]] || printf '%s, "when": "%s"}\n' '{"operation": "undo", "outcome": "ok", "release": "20261120-131502-abc1234", "who": "the host itself"' "$(date -u +%FT%T+00:00)" >> /srv/shop/history.jsonl
rm -f /srv/shop/undo.link /srv/shop/undo
SLIPWAY_UNDO
} > /srv/shop/undo.new || { rm -f /srv/shop/undo.new; fail '/srv/shop/undo cannot be written: is the disk full?'; }
mv -f /srv/shop/undo.new /srv/shop/undo
[[ ! $previous ]] || ln -sfnT "$previous" /srv/shop/undo.link
