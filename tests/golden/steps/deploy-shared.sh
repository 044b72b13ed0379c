link_shared() { # PLACE_IN_RELEASE PLACE_IN_SHARED FOLDER?
  [[ -d ${2%/*} ]] || (umask 007; mkdir -p "${2%/*}")
  if [[ ! -e $2 && ! -L $2 ]]; then
    if [[ -e $1 && ! -L $1 ]]; then (umask 007; cp -r "$1" "$2"; chmod -R g+w "$2")
    elif [[ $3 == yes ]]; then (umask 007; mkdir -p "$2"); fi
  fi
  [[ ! -e $1 && ! -L $1 ]] || rm -rf "$1"
  [[ -d ${1%/*} ]] || mkdir -p "${1%/*}"
  ln -s "$2" "$1"
}
link_shared /srv/shop/releases/20261120-131502-abc1234/app/data /srv/shop/shared/data yes
