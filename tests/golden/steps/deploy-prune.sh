wait "$pruning"
releases=(/srv/shop/releases/*/)
if ((${#releases[@]} > 5)); then
  prune $(ending)
fi
