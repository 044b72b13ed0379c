declare -A changed  # two trees -> the files that differ, one a line; or `/`: some came or went, or git cannot tell
compare() { # TREE TREE
  local found i
  [[ ! ${changed[$1 $2]+known} ]] || return 0
  mapfile -d '' -t found < <(exec git diff-tree -r -z --name-status "$1" "$2" 2> /dev/null)
  wait "$!" || found=(/ /)
  changed[$1 $2]=
  for ((i = 0; i < ${#found[@]}; i += 2)); do
    if [[ ${found[i]} != M || ${found[i + 1]} == *$'\n'* ]]; then
      changed[$1 $2]=/
      return
    fi
    changed[$1 $2]+=${found[i + 1]}$'\n'
  done
}
proven() { # RECORD KEY TREE
  local lines path inputs
  [[ -s $1 ]] || return 1
  mapfile -t lines < "$1"
  [[ ${lines[0]} == "$2" && ${#lines[@]} -gt 2 ]] || return 1
  [[ ${lines[1]} != "$3" ]] || return 0
  compare "${lines[1]}" "$3"
  [[ ${changed[${lines[1]} $3]} != / ]] || return 1
  printf -v inputs '%s\n' '' "${lines[@]:2}"
  [[ $inputs != *[/$'\n']@(|.|..)[/$'\n']* ]] || return 1  # paths as an earlier version noted them
  while IFS= read -r path; do
    until [[ $inputs == *$'\n'"$path"$'\n'* ]]; do  # the file, or a folder that it is in
      [[ $path == */* ]] || continue 2
      path=${path%/*}
    done
    return 1
  done <<< "${changed[${lines[1]} $3]}"
}
keep_proof() { # RECORD KEY TREE PATHS
  { printf '%s\n%s\n' "$2" "$3"; cat "$4"; } > "$1.new"
  mv -f "$1.new" "$1"
}
follow venv_name /srv/shop/releases/20261120-131502-abc1234/venv
if ! GIT_DIR=/srv/shop/repo.git proven /srv/shop/migrated 'migrate dddddddddddddddddddddddddddddddd shop.settings'" ../../venvs/$venv_name" 7777777777777777777777777777777777777777; then
  rm -f /srv/shop/migrated
runner() {
{ printf '%s\n' "$BASHPID"; exec sudo -n -u shop -- python3 -I -c 'import sys;exec(sys.stdin.buffer.read(int(sys.argv.pop(1))))' LENGTH 2>&1; } | SLIPWAY_NONCE=${nonce-} python3 -I -S /dev/fd/3 '{"facts": {}}' '{"sender": true}' 3<<'SLIPWAY_RECEIVER'
...
SLIPWAY_RECEIVER
}
exec {hold}> >(trap - ERR; runner)
runner=$!
{
cat <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
printf '%s\n' '{"about": {"command": "python manage.py migrate --noinput --skip-checks", "id": "20261120-131502-abc1234-migrate", "name": "migrate", "release": "20261120-131502-abc1234", "who": "ann@laptop"}, "argv": ["python", "-", "{\"applied\": \"/srv/shop/tasks/20261120-131502-abc1234-migrate/applied\", \"argv\": [\"manage.py\", \"migrate\", \"--noinput\", \"--skip-checks\"], \"record\": \"/srv/shop/tasks/20261120-131502-abc1234-migrate/inputs\", \"top\": \"/srv/shop/releases/20261120-131502-abc1234/app\"}"], "folder": "/srv/shop/tasks/20261120-131502-abc1234-migrate", "given": LENGTH, "launcher": "/srv/shop/releases/20261120-131502-abc1234/conf/run"}'
cat <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
} >&"$hold" 2> /dev/null || true
code=0
wait "$runner" || code=$?
exec {hold}>&-
[[ $code == 0 ]] || fail '`python manage.py migrate --noinput --skip-checks` failed: fix it and deploy again; nothing was switched'
SLIPWAY_NONCE=${nonce-} python3 -I -S - '{"applied": "/srv/shop/applied", "id": "20261120-131502-abc1234-migrate", "read": "/srv/shop/migrated.read", "tasks": "/srv/shop/tasks"}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
  if [[ -e /srv/shop/migrated.read ]]; then
keep_proof /srv/shop/migrated 'migrate dddddddddddddddddddddddddddddddd shop.settings'" ../../venvs/$venv_name" 7777777777777777777777777777777777777777 /srv/shop/migrated.read
    rm -f /srv/shop/migrated.read
  fi
fi
if [[ -e /srv/shop/applied ]]; then
  mapfile known < /srv/shop/applied
  printf %s "${known[@]}" > /srv/shop/releases/20261120-131502-abc1234/migrations.json
fi
