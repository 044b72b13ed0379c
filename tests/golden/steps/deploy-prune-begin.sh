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
prune_logs() { # RELEASE...: of these, of current and of standby no log is touched
  local live=" $* " oldest left=512000 logs line rest id gone=()
  local name='^[A-Za-z0-9.-]+\.([0-9]{8}-[0-9]{6}-[0-9a-f]+(-dirty)?)\.log(\.[0-9]+)?$'
  printf -v oldest '%(%s)T' -1
  ((oldest -= 2592000)) || true
  mapfile -d '' -t logs < <(find log -maxdepth 1 -type f -printf '%T@ %k %f\0' | sort -zrn)  # the newest first
  for line in "${logs[@]}"; do
    rest=${line#* }
    [[ ${rest#* } =~ $name ]] || continue
    id=${BASH_REMATCH[1]}
    [[ $live != *" $id "* && ! releases/$id -ef current && ! releases/$id -ef standby ]] || continue
    ((left -= ${rest%% *})) || true
    ((left >= 0 && ${line%%.*} >= oldest)) || gone+=("log/${rest#* }")
  done
  ((${#gone[@]} == 0)) || rm -f -- "${gone[@]}" || note logs-not-deleted \
    "some old logs in $PWD/log cannot be deleted: they stay"
}
prune() { # RELEASE...: delete what is older than the newest few, but for these; in a shell of its own
  cd /srv/shop
  shopt -s nullglob
  kept=" $* " releases=(releases/*/) gone=()
  for ((i = 0; i < ${#releases[@]} - 5; i++)); do
    release=${releases[i]%/}
    [[ $kept != *" ${release#*/} "* && ! $release -ef current && ! $release -ef standby ]] || continue
    # In this order: what is half deleted must never count as whole, and the next operation's look at the host deletes
    # the rest of it.
    gone+=("$release/release.json" "env/${release#*/}.env" "env/${release#*/}.kept" "$release")
  done
  ((${#gone[@]} == 0)) || delete_releases "${gone[@]}"
  id='([0-9]{8}-[0-9]{6}-[0-9a-f]+(-dirty)?)'
  is_gone() { [[ $1 =~ $2 && ! -d releases/${BASH_REMATCH[1]} ]]; }  # NAME PATTERN: whether its release is
  gone=(/srv/shop/env/first.kept)
  for file in env/*; do ! is_gone "$file" "/$id\." || gone+=("$file"); done
  rm -f "${gone[@]}"
  prune_logs "$@"
  for ref in $(exec git --git-dir=repo.git for-each-ref --format='%(refname)' refs/slipway); do
    ! is_gone "$ref" "/$id$" || git --git-dir=repo.git update-ref -d "$ref"
  done
  is_used() { # FOLDER
    local link
    for link in releases/*/venv releases/*/static releases/*/build; do [[ ! $1 -ef $link ]] || return 0; done
    return 1
  }
  local unused=''
  for folder in venvs/* static/* builds/*; do
    ! is_used "$folder" || continue
    # Static files of earlier versions of Slipway are the app's own.
    [[ $folder != venvs/* ]] || unused=yes
    rm -rf "$folder" 2> /dev/null || { sudo -n -u shop -- rm -rf "$PWD/$folder/files" 2> /dev/null || true; rm -rf "$folder"; }
  done
  if [[ $unused ]]; then
    # What uv keeps of a package is linked into the venvs that have it; what has no link is used by none.
    for folder in cache/archive-v*/*; do
      [[ $(find "$folder" -type f -links +1 -print -quit) ]] || rm -rf "$folder"
    done
    UV_CACHE_DIR=/srv/shop/cache /opt/slipway/tools/bin/uv cache prune -q 2> /dev/null || true
  fi
  # As git guesses by itself whether it is time; mostly it is not.
  loose=(repo.git/objects/17/*) packs=(repo.git/objects/pack/*.pack)
  if ((${#loose[@]} > 26 || ${#packs[@]} > 50)); then
    git --git-dir=repo.git -c gc.autoDetach=false gc --auto --quiet || true
  fi
}
read_ending() { ending=(); [[ ! -e /srv/shop/ending ]] || mapfile -t ending < /srv/shop/ending; }
busy=(/srv/shop/supervisor.d/*)
busy=("${busy[@]##*/}")
read_ending
prune "${busy[@]%%.*}" "${ending[@]}" &
pruning=$!
