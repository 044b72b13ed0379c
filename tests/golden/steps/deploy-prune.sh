wait "$pruning"
releases=(/srv/shop/releases/*/)
if ((${#releases[@]} > 5)); then
  read_ending
  (prune "${ending[@]}")
fi
