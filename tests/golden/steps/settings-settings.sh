[[ -w /srv/shop/env ]] || fail 'the host is not provisioned for shop: run `fab provision --hosts=web1`'
follow current /srv/shop/current
fact current "$current"
kept=/srv/shop/env/first.kept
[[ ! $current ]] || kept=/srv/shop/env/$current.kept
if [[ -s $kept ]]; then
  tell_hidden() { # NAME: what is on standard input, in base64
  local part encoded
  encoded=$(base64 -w 60000)
  for part in $encoded; do hidden "$1" "$part"; done
}
  tell_hidden kept < "$kept"
fi
if [[ $current ]]; then
  fact release "$(cat /srv/shop/current/release.json)"
  tell_hidden() { # NAME: what is on standard input, in base64
  local part encoded
  encoded=$(base64 -w 60000)
  for part in $encoded; do hidden "$1" "$part"; done
}
  tell_hidden environment < /srv/shop/env/"$current".env
fi
