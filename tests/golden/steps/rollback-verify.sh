if [[ -e /srv/shop/releases/20261119-090000-bbb2222/conf/web.program ]]; then
own_socket() { # FOLDER: whether web.sock leads to a socket that lies there itself
  local place
  for place in "$1"/web.*.sock "$1"/web.sock; do
    [[ -L $place || ! -S $place || ! $1/web.sock -ef $place ]] || return 0
  done
  return 1
}
own_socket /srv/shop/releases/20261119-090000-bbb2222/run || fail '/srv/shop/releases/20261119-090000-bbb2222/run/web.sock does not lead to a socket of this release, so visitors would see an error or what is not this app: something of the app has replaced or removed its socket. Look at what the app runs'
clearly_healthy() ( # FILE ADDRESS PORT
  mapfile request < "$1" && exec {nginx}<> "/dev/tcp/$2/$3" && printf %s "${request[@]}" >&"$nginx" || exit 1
  IFS=' ' read -r -t 5 _ status _ <&"$nginx" && [[ $status == 200 ]] || exit 1
  LC_ALL=C read -r -N 4096 -t 5 _ <&"$nginx" || exit $(($? != 1))  # 1: that was the end
  timeout 5 cat <&"$nginx" > /dev/null
) 2> /dev/null
if ! clearly_healthy /srv/shop/releases/20261119-090000-bbb2222/conf/ask.http 127.0.0.1 80; then
SLIPWAY_NONCE=${nonce-} python3 -I -S - /srv/shop/releases/20261119-090000-bbb2222/conf/ask.json '{"address": "127.0.0.1", "pass": "/srv/shop/maintenance/on/pass", "port": 80}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
if [[ -e /srv/shop/maintenance/on ]]; then
  note maintenance-is-on "maintenance is on: visitors get its page until \`fab maintenance.off\`"
fi
fi
