declare -A moved  # files that came or went between two trees
proven() { # RECORD KEY TREE
  local lines
  [[ -s $1 ]] || return 1
  mapfile -t lines < "$1"
  [[ ${lines[0]} == "$2" && ${#lines[@]} -gt 2 ]] || return 1
  [[ ${lines[1]} != "$3" ]] || return 0
  [[ ${moved[${lines[1]} $3]+known} ]] ||
    moved[${lines[1]} $3]=$(git diff-tree -r --name-only --diff-filter=ADTRC "${lines[1]}" "$3" 2>&1) || return 1
  [[ -z ${moved[${lines[1]} $3]} ]] || return 1
  GIT_LITERAL_PATHSPECS=1 git diff-tree -r --quiet "${lines[1]}" "$3" -- "${lines[@]:2}" 2> /dev/null
}
keep_proof() { # RECORD KEY TREE PATHS
  { printf '%s\n%s\n' "$2" "$3"; cat "$4"; } > "$1.new"
  mv -f "$1.new" "$1"
}
if ! GIT_DIR=/srv/shop/repo.git proven /srv/shop/migrated 'migrate dddddddddddddddddddddddddddddddd shop.settings'" $(readlink /srv/shop/releases/20261120-131502-abc1234/venv)" 7777777777777777777777777777777777777777; then
  rm -f /srv/shop/migrated
exec {hold}> >(exec sudo -n -u shop -- python3 -I -c 'import sys;exec(sys.stdin.buffer.read(int(sys.argv.pop(1))))' 15986 2>&1)
runner=$!
{
cat <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
printf '%s\n' '{"about": {"command": "python manage.py migrate --noinput --skip-checks", "id": "20261120-131502-abc1234-migrate", "name": "migrate", "release": "20261120-131502-abc1234", "who": "ann@laptop"}, "argv": ["python", "-", "{\"applied\": \"/srv/shop/tasks/20261120-131502-abc1234-migrate/applied\", \"argv\": [\"manage.py\", \"migrate\", \"--noinput\", \"--skip-checks\"], \"record\": \"/srv/shop/tasks/20261120-131502-abc1234-migrate/inputs\", \"top\": \"/srv/shop/releases/20261120-131502-abc1234/app\"}"], "folder": "/srv/shop/tasks/20261120-131502-abc1234-migrate", "given": 5771, "launcher": "/srv/shop/releases/20261120-131502-abc1234/conf/run"}'
cat <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
} >&"$hold" 2> /dev/null || true
code=0
wait "$runner" || code=$?
exec {hold}>&-
[[ $code == 0 ]] || fail '`python manage.py migrate --noinput --skip-checks` failed: mend it and deploy again; nothing was switched'
keep_proof /srv/shop/migrated 'migrate dddddddddddddddddddddddddddddddd shop.settings'" $(readlink /srv/shop/releases/20261120-131502-abc1234/venv)" 7777777777777777777777777777777777777777 /srv/shop/tasks/20261120-131502-abc1234-migrate/inputs
  cp /srv/shop/tasks/20261120-131502-abc1234-migrate/applied /srv/shop/applied.new
  mv -f /srv/shop/applied.new /srv/shop/applied
fi
[[ ! -e /srv/shop/applied ]] || cp /srv/shop/applied /srv/shop/releases/20261120-131502-abc1234/migrations.json
