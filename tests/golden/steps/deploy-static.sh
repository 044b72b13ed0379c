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
if GIT_DIR=/srv/shop/repo.git proven /srv/shop/current/static/inputs 'static dddddddddddddddddddddddddddddddd shop.settings'" ../../venvs/$venv_name" 7777777777777777777777777777777777777777; then
  follow collected /srv/shop/current/static
else
  mkdir -p /srv/shop/static/20261120-131502-abc1234 /srv/shop/static/20261120-131502-abc1234/files
  chmod 2771 /srv/shop/static/20261120-131502-abc1234
  chmod 2775 /srv/shop/static/20261120-131502-abc1234/files
sudo -n -u shop -- /srv/shop/releases/20261120-131502-abc1234/conf/run python - '{"domains": ["www.example.org"], "https": false, "link": "/srv/shop/static/20261120-131502-abc1234/link", "record": "/srv/shop/static/20261120-131502-abc1234/read", "root": "/srv/shop/static/20261120-131502-abc1234/files", "tree": "/srv/shop/releases/20261120-131502-abc1234/app"}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
  [[ ! -e /srv/shop/static/20261120-131502-abc1234/read ]] || keep_proof /srv/shop/static/20261120-131502-abc1234/inputs 'static dddddddddddddddddddddddddddddddd shop.settings'" ../../venvs/$venv_name" 7777777777777777777777777777777777777777 /srv/shop/static/20261120-131502-abc1234/read
  find /srv/shop/static/20261120-131502-abc1234/files -maxdepth 3 -type l > /srv/shop/static/20261120-131502-abc1234/links
  collected=20261120-131502-abc1234
fi
ln -sT ../../static/"$collected" /srv/shop/releases/20261120-131502-abc1234/static
ln -sT static/files /srv/shop/releases/20261120-131502-abc1234/public
# What nginx shall serve out of shared/, such as uploads, it must be able to enter.
if [[ -s /srv/shop/releases/20261120-131502-abc1234/static/links ]]; then
  while IFS= read -r link; do
    folder=$(readlink -f "$link")
    [[ $folder == /srv/shop/shared/* && -O $folder && -d $folder ]] || continue
    [[ $(stat -c %A "$folder") == *x ]] || find "$folder" -uid "$EUID" -exec chmod o+rX {} +
  done < /srv/shop/releases/20261120-131502-abc1234/static/links
fi
if [[ -s /srv/shop/releases/20261120-131502-abc1234/static/link ]]; then
  { read -r inside; read -r name; } < /srv/shop/releases/20261120-131502-abc1234/static/link
  place=/srv/shop/releases/20261120-131502-abc1234/app/$inside
  [[ ! -e $place && ! -L $place ]] || rm -rf "$place"
  [[ -d ${place%/*} ]] || mkdir -p "${place%/*}"
  ln -sT /srv/shop/releases/20261120-131502-abc1234/public/"$name" "$place"
fi
