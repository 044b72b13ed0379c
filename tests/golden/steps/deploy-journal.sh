[[ ! -e /srv/shop/releases/20261120-131502-abc1234 ]] || fail 'there is a release 20261120-131502-abc1234 already'
follow previous /srv/shop/current
previous=${previous:+releases/$previous}
fact previous "$previous"
{ printf 'previous=%q\n' "$previous"; cat <<'SLIPWAY_UNDO'
nonce=${SLIPWAY_NONCE-}
unset SLIPWAY_NONCE
cd /srv/shop || exit 1
if [[ ${1:-} == onward ]]; then
set -e
if [[ -L /srv/shop/undo.link ]]; then mv -fT /srv/shop/undo.link /srv/shop/standby; fi
if [[ -e /srv/shop/stopped/.web ]]; then rm -f /srv/shop/stopped/.web; fi
SLIPWAY_NONCE=${nonce-} python3 -I -S - '{"base": "/srv/shop", "ending": "/srv/shop/ending", "folder": "/srv/shop/supervisor.d", "keep": [], "standby": ["web"], "supervisor": "/srv/shop/run/supervisor.sock", "wait": 0}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
  printf '%s\n' '{"by": "the host itself", "commit": "abc1234000000000000000000000000000000000", "dirty": false, "env": "dddddddddddddddddddddddddddddddd", "kind": "django", "operation": "deploy", "outcome": "ok", "ref": "main", "release": "20261120-131502-abc1234", "subject": "Fix the form", "tree": "7777777777777777777777777777777777777777", "when": "2026-11-20T13:15:02+00:00", "who": "ann@laptop"}' >> /srv/shop/history.jsonl
  rm -f /srv/shop/undo.link "$0"
  exit
fi
if [[ $(readlink current) == releases/20261120-131502-abc1234 ]]; then
  if [[ $previous ]]; then
    [[ -L /srv/shop/undo.link ]] || ln -sfnT "$previous" /srv/shop/undo.link
    mv -fT /srv/shop/undo.link current
  else
    rm -f current
  fi
  [[ $(readlink current) != releases/20261120-131502-abc1234 ]] || exit 1
fi
[[ ! -e /srv/shop/stopped/.web ]] || mv -f /srv/shop/stopped/.web /srv/shop/stopped/web
rm -f current.new
for options in /srv/shop/releases/20261120-131502-abc1234/conf/boot.json /srv/shop/releases/20261120-131502-abc1234/conf/workers.json; do
  [[ -e $options ]] || continue
SLIPWAY_NONCE=${nonce-} python3 -I -S - "$options" <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
done
if id -u shop-build > /dev/null 2>&1; then sudo -n -H -u shop-build -- bash -c 'kill -KILL -- -1 2> /dev/null || true
! hash crontab 2> /dev/null || crontab -r < /dev/null > /dev/null 2>&1 || true
for place in ~/commands ~/scratch ~/local; do
  [[ -L $place || ! -d $place ]] || chmod -R u+rwX -- "$place" || true
  rm -rf -- "$place"
done' < /dev/null > /dev/null 2>&1; fi
delete_releases() { # PATH...: folders of releases, and files that go with them
  rm -rf -- "$@" 2> /dev/null && return
  local folder
  for folder; do
    [[ -d $folder ]] || continue
    sudo -n -u shop -- find "$folder/run" -mindepth 1 -type d -exec chmod u+rwx {} ';' > /dev/null 2> /dev/null || true
    sudo -n -u shop -- find "$folder/run" -mindepth 1 -delete > /dev/null 2> /dev/null || true
    rm -rf -- "$folder" 2> /dev/null ||
      note release-not-deleted "$folder cannot be deleted whole, since the app has made files in it: delete it by hand"
  done
}
delete_releases /srv/shop/releases/20261120-131502-abc1234/release.json /srv/shop/releases/20261120-131502-abc1234
rm -rf /srv/shop/static/20261120-131502-abc1234
rm -f /srv/shop/env/20261120-131502-abc1234.env /srv/shop/env/20261120-131502-abc1234.kept /srv/shop/env/20261120-131502-abc1234.kept.new supervisor.d/20261120-131502-abc1234.*
for venv in venvs/*/; do [[ ! -d $venv || -e $venv.complete ]] || rm -rf "$venv"; done
git --git-dir=repo.git update-ref -d refs/slipway/20261120-131502-abc1234 2> /dev/null
[[ ${1:-} == told ]] || printf '%s, "when": "%s"}\n' '{"operation": "undo", "outcome": "ok", "release": "20261120-131502-abc1234", "who": "the host itself"' "$(date -u +%FT%T+00:00)" >> /srv/shop/history.jsonl
rm -f /srv/shop/undo.link /srv/shop/undo
SLIPWAY_UNDO
} > /srv/shop/undo.new || { rm -f /srv/shop/undo.new; fail '/srv/shop/undo cannot be written: is the disk full?'; }
mv -f /srv/shop/undo.new /srv/shop/undo
[[ ! $previous ]] || ln -sfnT "$previous" /srv/shop/undo.link
