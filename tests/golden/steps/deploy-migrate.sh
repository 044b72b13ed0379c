proven() { # RECORD KEY TREE
  local lines
  [[ -s $1 ]] || return 1
  mapfile -t lines < "$1"
  [[ ${lines[0]} == "$2" && ${#lines[@]} -gt 2 ]] || return 1
  [[ -z $(git diff-tree -r --name-only --diff-filter=ADTRC "${lines[1]}" "$3" 2>&1) ]] || return 1
  GIT_LITERAL_PATHSPECS=1 git diff-tree -r --quiet "${lines[1]}" "$3" -- "${lines[@]:2}" 2> /dev/null
}
keep_proof() { # RECORD KEY TREE PATHS
  { printf '%s\n%s\n' "$2" "$3"; cat "$4"; } > "$1.new"
  mv -f "$1.new" "$1"
}
if ! GIT_DIR=/srv/shop/repo.git proven /srv/shop/migrated 'migrate dddddddddddddddddddddddddddddddd shop.settings'" $(readlink /srv/shop/releases/20261120-131502-abc1234/venv)" 7777777777777777777777777777777777777777; then
  rm -f /srv/shop/migrated
(umask 007; mkdir -p /srv/shop/tasks/20261120-131502-abc1234-migrate)
printf '%s\n' '{"command": "python manage.py migrate --noinput --skip-checks", "id": "20261120-131502-abc1234-migrate", "release": "20261120-131502-abc1234", "who": "ann@laptop"}' > /srv/shop/tasks/20261120-131502-abc1234-migrate/task.json
one_off() {
  sudo -n -u shop -- /srv/shop/releases/20261120-131502-abc1234/conf/run python - '{"applied": "/srv/shop/tasks/20261120-131502-abc1234-migrate/applied", "argv": ["manage.py", "migrate", "--noinput", "--skip-checks"], "record": "/srv/shop/tasks/20261120-131502-abc1234-migrate/inputs", "top": "/srv/shop/releases/20261120-131502-abc1234/app"}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
}
code=0
one_off < /dev/null 2>&1 | tee /srv/shop/tasks/20261120-131502-abc1234-migrate/output || code=$?
printf '%s\n' "$code" > /srv/shop/tasks/20261120-131502-abc1234-migrate/exit
[[ $code == 0 ]] || fail '`python manage.py migrate --noinput --skip-checks` failed: mend it and deploy again; nothing was switched'
keep_proof /srv/shop/migrated 'migrate dddddddddddddddddddddddddddddddd shop.settings'" $(readlink /srv/shop/releases/20261120-131502-abc1234/venv)" 7777777777777777777777777777777777777777 /srv/shop/tasks/20261120-131502-abc1234-migrate/inputs
  cp /srv/shop/tasks/20261120-131502-abc1234-migrate/applied /srv/shop/applied.new
  mv -f /srv/shop/applied.new /srv/shop/applied
fi
[[ ! -e /srv/shop/applied ]] || cp /srv/shop/applied /srv/shop/releases/20261120-131502-abc1234/migrations.json
