previous=$(readlink /srv/shop/current || true)
{ printf 'previous=%q\n' "$previous"; cat <<'SLIPWAY_UNDO'
cd /srv/shop || exit 1
if [[ $(readlink current) == releases/20261120-131502-abc1234 ]]; then
  if [[ $previous ]]; then
    ln -sfnT "$previous" current.new && mv -fT current.new current
  else
    rm -f current
  fi
fi
if [[ -e /srv/shop/releases/20261120-131502-abc1234/conf/boot.json && -S /srv/shop/run/supervisor.sock ]]; then
python3 -I - "$(cat /srv/shop/releases/20261120-131502-abc1234/conf/boot.json)" <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
if [[ -e /srv/shop/releases/20261120-131502-abc1234/conf/workers.json && -S /srv/shop/run/supervisor.sock ]]; then
python3 -I - "$(cat /srv/shop/releases/20261120-131502-abc1234/conf/workers.json)" <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
[[ ! -d /srv/shop/static/20261120-131502-abc1234/files ]] || sudo -n -u shop -- rm -rf /srv/shop/static/20261120-131502-abc1234/files
rm -rf /srv/shop/releases/20261120-131502-abc1234 /srv/shop/static/20261120-131502-abc1234
rm -f /srv/shop/env/20261120-131502-abc1234.env /srv/shop/env/20261120-131502-abc1234.env.new supervisor.d/20261120-131502-abc1234.*
for venv in venvs/*/; do [[ ! -d $venv || -e $venv.complete ]] || rm -rf "$venv"; done
git --git-dir=repo.git update-ref -d refs/slipway/20261120-131502-abc1234 2> /dev/null
[[ ${1:-} == told ]] || printf '%s, "when": "%s"}\n' '{"operation": "undo", "release": "20261120-131502-abc1234", "outcome": "ok", "who": "the host itself"' "$(date -u +%FT%T+00:00)" >> /srv/shop/history.jsonl
rm -f /srv/shop/undo
SLIPWAY_UNDO
} > /srv/shop/undo.new
mv -f /srv/shop/undo.new /srv/shop/undo
