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
again() { echo "not skipped: $*"; return 1; }
same_outside() { # SHARED, and the lines of a record: whether files outside of the source are as they were
  local shared=$1 line path state i=0 paths=() wanted=()
  for line in "${@:2}"; do
    [[ $line == /* ]] || continue
    path=${line%%$'\t'*} state=${line#*$'\t'}
    # The app's own words: no other path is looked at for it.
    [[ $path == @("$shared"|/etc)/* && $path != */@(.|..)@(/*|) ]] || { again "it reads $path"; return 1; }
    if [[ $state == - ]]; then
      [[ ! -e $path && ! -L $path ]] || { again "$path is there now"; return 1; }
    else
      paths+=("$path") wanted+=("$state")
    fi
  done
  ((${#paths[@]})) || return 0
  while IFS= read -r state; do
    [[ $state == "${wanted[i]}" ]] || { again "${paths[i]} has changed"; return 1; }
    i=$((i + 1))
  done < <(exec stat -c '%i %s %.9Z' -- "${paths[@]}" 2> /dev/null)
  ((i == ${#paths[@]})) || again "a file that it reads is gone"
}
proven() { # RECORD KEY TREE SHARED
  local lines path inputs
  [[ -s $1 ]] || { again "there is no proof of an earlier run"; return 1; }
  mapfile -t lines < "$1"
  [[ ${lines[0]} == "$2" && ${#lines[@]} -gt 2 ]] || {
    [[ ${lines[0]##* } == "${2##* }" ]] || { again "the venv is another one"; return 1; }
    again "its settings in the inventory, or the environment, have changed"
    return 1
  }
  same_outside "$4" "${lines[@]:2}" || return 1
  [[ ${lines[1]} != "$3" ]] || return 0
  compare "${lines[1]}" "$3"
  [[ ${changed[${lines[1]} $3]} != / ]] || { again "files of the source have come or gone"; return 1; }
  printf -v inputs '%s\n' '' "${lines[@]:2}"
  [[ $inputs != *$'\n'/* ]] || inputs=${inputs%%$'\n'/*}$'\n'  # what lies outside comes last
  [[ $inputs != *[/$'\n']@(|.|..)[/$'\n']* ]] || { again "a path is not plain"; return 1; }  # of an earlier version
  while IFS= read -r path; do
    until [[ $inputs == *$'\n'"$path"$'\n'* ]]; do  # the file, or a folder that it is in
      [[ $path == */* ]] || continue 2
      path=${path%/*}
    done
    again "$path has changed"
    return 1
  done <<< "${changed[${lines[1]} $3]}"
}
keep_proof() { # RECORD KEY TREE PATHS
  { printf '%s\n%s\n' "$2" "$3"; cat "$4"; } > "$1.new"
  mv -f "$1.new" "$1"
}
follow venv_name /srv/shop/releases/20261120-131502-abc1234/venv
if ! GIT_DIR=/srv/shop/repo.git proven /srv/shop/migrated 'migrate dddddddddddddddddddddddddddddddd shop.settings'" ../../venvs/$venv_name" 7777777777777777777777777777777777777777 /srv/shop/shared; then
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
printf '%s\n' '{"about": {"command": "python manage.py migrate --noinput --skip-checks", "id": "20261120-131502-abc1234-migrate", "name": "migrate", "release": "20261120-131502-abc1234", "who": "ann@laptop"}, "argv": ["python", "-", "{\"applied\": \"/srv/shop/tasks/20261120-131502-abc1234-migrate/applied\", \"argv\": [\"manage.py\", \"migrate\", \"--noinput\", \"--skip-checks\"], \"record\": \"/srv/shop/tasks/20261120-131502-abc1234-migrate/inputs\", \"shared\": \"/srv/shop/shared\", \"top\": \"/srv/shop/releases/20261120-131502-abc1234/app\"}"], "folder": "/srv/shop/tasks/20261120-131502-abc1234-migrate", "given": LENGTH, "launcher": "/srv/shop/releases/20261120-131502-abc1234/conf/run"}'
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
