tell_hidden() { # NAME: what is on standard input, in base64
  local part encoded
  encoded=$(base64 -w 60000)
  for part in $encoded; do hidden "$1" "$part"; done
}
! [[ -s /srv/shop/releases/20261119-090000-bbb2222/release.json ]] || fact back-release "$(< /srv/shop/releases/20261119-090000-bbb2222/release.json)"
! [[ -s /srv/shop/releases/20261120-131502-abc1234/release.json ]] || fact left-release "$(< /srv/shop/releases/20261120-131502-abc1234/release.json)"
if [[ -r /srv/shop/env/20261119-090000-bbb2222.env && -r /srv/shop/env/20261120-131502-abc1234.env ]] && ! cmp -s /srv/shop/env/20261119-090000-bbb2222.env /srv/shop/env/20261120-131502-abc1234.env; then
  tell_hidden back-release < /srv/shop/env/20261119-090000-bbb2222.env
  tell_hidden left-release < /srv/shop/env/20261120-131502-abc1234.env
fi
