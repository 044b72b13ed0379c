prune() ( # RELEASE...: delete what is older than the newest few, but for these
  cd /srv/shop
  shopt -s nullglob
  named() { # LINK...: the last part of where each leads
    local links=()
    (($# == 0)) || mapfile -t links < <(readlink -- "$@" || true)
    printf ' %s ' "${links[@]##*/}"
  }
  kept="$(named current standby) $* "
  releases=(releases/*/)
  for ((i = 0; i < ${#releases[@]} - 5; i++)); do
    id=${releases[i]#releases/} id=${id%/}
    [[ $kept != *" $id "* ]] || continue
    rm -f "releases/$id/release.json"  # first: what is half deleted must never count as whole
    rm -rf "releases/$id" "env/$id.env" "env/$id.kept"
    git --git-dir=repo.git update-ref -d "refs/slipway/$id"
  done
  rm -f /srv/shop/env/first.kept
  logged='\.([0-9]{8}-[0-9]{6}-[0-9a-f]+(-dirty)?)\.log'
  for file in log/*.log*; do
    if [[ $file =~ $logged && ! -d releases/${BASH_REMATCH[1]} ]]; then rm -f "$file"; fi
  done
  for file in env/* $(git --git-dir=repo.git for-each-ref --format='%(refname)' refs/slipway); do
    id=${file##*/} id=${id%%.*}
    if [[ ! $id =~ ^[0-9]{8}-[0-9]{6}-[0-9a-f]+(-dirty)?$ || -d releases/$id ]]; then continue; fi
    [[ $file == env/* ]] || git --git-dir=repo.git update-ref -d "$file"
    [[ $file != env/* ]] || rm -f "$file"
  done
  used=$(named releases/*/venv releases/*/static)
  for folder in venvs/* static/*; do
    [[ $used != *" ${folder#*/} "* ]] || continue
    # What was only just made when its deploy was cut off lets that user in not yet, and holds nothing of its.
    [[ ! -d $folder/files ]] || sudo -n -u shop -- rm -rf "$PWD/$folder/files" 2> /dev/null || true
    rm -rf "$folder"
  done
  git --git-dir=repo.git -c gc.autoDetach=false gc --auto --quiet || true
)
ending() { [[ ! -e /srv/shop/ending ]] || cat /srv/shop/ending; }
busy=(/srv/shop/supervisor.d/*)
busy=("${busy[@]##*/}")
prune "${busy[@]%%.*}" $(ending) &
pruning=$!
