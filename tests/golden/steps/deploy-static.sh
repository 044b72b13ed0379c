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
app_base=/srv/shop
carry() { # FILE COPY
  local kept=()
  mapfile kept < "$1"
  printf %s "${kept[@]}" > "$2"
}
owner_of_link() { # TARGET: sets owner to whose a link to it must be
  local here=$PWD inside=${1#"$app_base"} real= there=
  owner=app
  if [[ $1 != "$inside" && -O $1 && $inside == /@(shared|releases/*/app/?*|static/?*) ]]; then
    cd -P -- "$app_base" && real=$PWD && cd -P -- "$1" && there=$PWD
    cd -- "$here"
    [[ $there != "$real$inside" ]] || owner=deploy
  fi
}
same_owners() { # FILE
  local to was owner
  while IFS=$'\t' read -r _ to was; do
    owner_of_link "$to"
    [[ $owner == "$was" ]] || return 1
  done < "$1"
}
inside_release() { # FOLDER PATH: makes the path's parents, none of which may be a link
  local place=$1 rest=$2
  while [[ $rest == */* ]]; do
    place+=/${rest%%/*} rest=${rest#*/}
    [[ ! -L $place ]] || fail "STATIC_ROOT ($2) lies below a link (${place#"$1"/}): put it elsewhere in the source"
    [[ -d $place ]] || mkdir "$place"
  done
}
if GIT_DIR=/srv/shop/repo.git proven /srv/shop/current/conf/static.proof 'static a55f6c9112ee8aa9 dddddddddddddddddddddddddddddddd shop.settings'" ../../venvs/$venv_name" 7777777777777777777777777777777777777777 /srv/shop/shared && same_owners /srv/shop/current/conf/static.links; then
  follow collected /srv/shop/current/static
  for part in proof place links; do carry /srv/shop/current/conf/static.$part /srv/shop/releases/20261120-131502-abc1234/conf/static.$part; done
  [[ ! -e /srv/shop/current/conf/static.told ]] || carry /srv/shop/current/conf/static.told /srv/shop/releases/20261120-131502-abc1234/conf/static.told
else
  mkdir /srv/shop/static/20261120-131502-abc1234
  chmod 2751 /srv/shop/static/20261120-131502-abc1234
{ printf '%s\n' "$BASHPID"; exec sudo -n -u shop -- /srv/shop/releases/20261120-131502-abc1234/conf/run python - '{"allow": [], "commands": [], "domains": ["www.example.org"], "https": false, "own_server": false, "shared": "/srv/shop/shared", "tree": "/srv/shop/releases/20261120-131502-abc1234/app"}' <<'SLIPWAY_PROGRAM'; } | SLIPWAY_NONCE=${nonce-} python3 -I -S /dev/fd/3 '{"folder": "/srv/shop/static/20261120-131502-abc1234", "linked": ["data"], "shared": "/srv/shop/shared", "told": "/srv/shop/current/conf/static.told", "tree": "/srv/shop/releases/20261120-131502-abc1234/app"}' '{"sender": true}' 3<<'SLIPWAY_RECEIVER'
...
SLIPWAY_PROGRAM
...
SLIPWAY_RECEIVER
  while IFS=$'\t' read -r name to; do
    place=/srv/shop/static/20261120-131502-abc1234/files/$name
    [[ -d ${place%/*} ]] || (umask 022; mkdir -p "${place%/*}")
    [[ ! -e $place && ! -L $place ]] || rm -rf "$place"
    owner_of_link "$to"
    if [[ $owner == deploy ]]; then
      ln -sT "$to" "$place"
    else
      sudo -n -u shop -- ln -sT "$to" /srv/shop/releases/20261120-131502-abc1234/run/static-link
      mv -T /srv/shop/releases/20261120-131502-abc1234/run/static-link "$place"
      [[ -L $place ]] || fail "/srv/shop/releases/20261120-131502-abc1234/run was changed while static files were collected: deploy again"
      [[ no == yes || ! -O $to ]] || note media-owner "$to belongs to the account that deploys, and nginx serves uploads from folders of the app alone: have it in shared/, where \`fab provision\` gives it to the app"
    fi
    printf '%s\t%s\t%s\n' "$name" "$to" "$owner"
  done < /srv/shop/static/20261120-131502-abc1234/links > /srv/shop/releases/20261120-131502-abc1234/conf/static.links
  carry /srv/shop/static/20261120-131502-abc1234/place /srv/shop/releases/20261120-131502-abc1234/conf/static.place
  carry /srv/shop/static/20261120-131502-abc1234/told /srv/shop/releases/20261120-131502-abc1234/conf/static.told
  : > /srv/shop/releases/20261120-131502-abc1234/conf/static.proof
  [[ ! -e /srv/shop/static/20261120-131502-abc1234/read ]] || keep_proof /srv/shop/releases/20261120-131502-abc1234/conf/static.proof 'static a55f6c9112ee8aa9 dddddddddddddddddddddddddddddddd shop.settings'" ../../venvs/$venv_name" 7777777777777777777777777777777777777777 /srv/shop/static/20261120-131502-abc1234/read
  collected=20261120-131502-abc1234
fi
ln -sT ../../static/"$collected" /srv/shop/releases/20261120-131502-abc1234/static
ln -sT static/files /srv/shop/releases/20261120-131502-abc1234/public
above=()
while IFS=$'\t' read -r _ to _; do
  [[ $to == /srv/shop/shared/* && -d $to ]] || continue
  while [[ $to != /srv/shop/shared ]]; do above+=("$to"); to=${to%/*}; done
done < /srv/shop/releases/20261120-131502-abc1234/conf/static.links
if ((${#above[@]})) && [[ $(exec stat -c %A -- "${above[@]}")$'\n' == *[!xt]$'\n'* ]]; then
SLIPWAY_NONCE=${nonce-} python3 -I -S - '{"links": "/srv/shop/releases/20261120-131502-abc1234/conf/static.links", "shared": "/srv/shop/shared"}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
sudo -n -u shop -- python3 -I -S - '{"links": "/srv/shop/releases/20261120-131502-abc1234/conf/static.links", "shared": "/srv/shop/shared"}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
if [[ -s /srv/shop/releases/20261120-131502-abc1234/conf/static.place ]]; then
  { read -r inside; read -r name; } < /srv/shop/releases/20261120-131502-abc1234/conf/static.place
  inside_release /srv/shop/releases/20261120-131502-abc1234/app "$inside"
  place=/srv/shop/releases/20261120-131502-abc1234/app/$inside
  [[ ! -e $place && ! -L $place ]] || rm -rf "$place"
  ln -sT /srv/shop/releases/20261120-131502-abc1234/public/"$name" "$place"
fi
