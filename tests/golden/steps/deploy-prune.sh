cd /srv/shop
shopt -s nullglob
kept=" $(for release in releases/*/; do basename "$release"; done | sort -r | head -n 5 | tr '\n' ' ')"
for link in current standby; do kept+="$(basename "$(readlink "$link" || true)") "; done
for release in releases/*/; do
  id=$(basename "$release")
  [[ $kept != *" $id "* ]] || continue
  rm -rf "releases/$id" "env/$id.env" log/*."$id".log*
  git --git-dir=repo.git update-ref -d "refs/slipway/$id"
done
used=' '
for link in releases/*/venv releases/*/static; do used+="$(basename "$(readlink "$link")") "; done
for folder in venvs/*/ static/*/; do
  [[ $used != *" $(basename "$folder") "* ]] || continue
  [[ ! -d $folder/files ]] || sudo -n -u shop -- rm -rf "$PWD/$folder/files"
  rm -rf "$folder"
done
git --git-dir=repo.git -c gc.autoDetach=false gc --auto --quiet || true
