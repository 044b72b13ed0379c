is_plain() { # TOP PATH
  local above=$1 rest=$2
  while [[ $rest == */* ]]; do
    above+=/${rest%%/*} rest=${rest#*/}
    [[ ! -L $above ]] || { obstacle="$above is a link"; return 1; }
    [[ -e $above ]] || return 0
    [[ -d $above ]] || { obstacle="$above is no folder"; return 1; }
  done
}
link_shared() { # PATH folder|file
  local place=/srv/shop/releases/20261120-131502-abc1234/app/$1 kept=/srv/shop/shared/$1
  local in_commit="commit a real folder instead, or nothing, or keep the data at another path"
  is_plain /srv/shop/releases/20261120-131502-abc1234/app "$1" || fail "$1 cannot be kept in shared/: $obstacle; $in_commit"
  [[ ! -L $place ]] || fail "$1 cannot be kept in shared/: $place is a link already; $in_commit"
  if [[ -e $place ]]; then
    [[ $2 != folder || -d $place ]] ||
      fail "$1 is a file in the commit, and a folder is to be kept in shared/: put $1 into app.linked_files"
    [[ $2 != file || ! -d $place ]] ||
      fail "$1 is a folder in the commit, and a file is to be kept in shared/: put $1 into app.linked_dirs"
  fi
  if [[ ! -e $kept && ! -L $kept ]] && [[ $2 == folder || -e $place || ! -d ${kept%/*} ]]; then
    is_plain /srv/shop/shared "$1" || fail "$1 cannot be kept in shared/: $obstacle; put a real folder there on the host"
    sudo -n -u shop -- bash -c 'set -eu
umask 007
cd "$1"
[[ $2 != */* ]] || mkdir -p -- "${2%/*}"
if [[ -e $3 ]]; then
  new=$(mktemp -d "$1/.slipway.XXXXXX")
  trap '"'"'rm -rf -- "$new"'"'"' EXIT
  cp -rT -- "$3" "$new/copy"
  chmod -R g+w -- "$new/copy"
  mv -nT -- "$new/copy" "$2"
elif [[ $4 == folder ]]; then
  mkdir -- "$2"
fi' make /srv/shop/shared "$1" "$place" "$2" < /dev/null ||
      fail "$kept cannot be made (see above): the app's account must be able to write its folder"
  fi
  if [[ $2 == folder ]]; then
    [[ ! -e $kept || -d $kept ]] || fail "$kept is a file, and a folder is to be kept there: move it away"
  else
    [[ ! -d $kept ]] || fail "$kept is a folder, and a file is to be kept there: put $1 into app.linked_dirs"
  fi
  [[ ! -e $place ]] || rm -rf -- "$place"
  [[ -d ${place%/*} ]] || mkdir -p -- "${place%/*}"
  ln -sT -- "$kept" "$place"
}
link_shared data folder
printf %s 'data
' > /srv/shop/releases/20261120-131502-abc1234/conf/shared
if [[ -s /srv/shop/current/conf/shared ]]; then
  while IFS= read -r path; do
    for place in data; do [[ $path/ != "$place"/* ]] || continue 2; done
    [[ ! -e /srv/shop/shared/$path ]] || note shared-unused "shared/$path is not used any more: the release before linked it, and this one does not. It stays there; app.linked_dirs or app.linked_files links it again"
  done < /srv/shop/current/conf/shared
fi
