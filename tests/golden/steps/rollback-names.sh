if [[ -r /etc/nginx/sites-enabled/slipway-shop.conf && -r /srv/shop/releases/20261119-090000-bbb2222/conf/nginx.conf ]]; then
read_site() {
  local line words word
  site_names=' ' site_ports=' ' site_https=no
  while IFS= read -r line; do
    if [[ $line =~ ^'# serves: https '(yes|tls|no)', ports '([0-9 ]+)', names '(.+)$ ]]; then
      site_https=${BASH_REMATCH[1]} site_ports=" ${BASH_REMATCH[2]} " site_names=" ${BASH_REMATCH[3]} "
      return
    elif [[ $line =~ ^[[:blank:]]*server_name[[:blank:]]+([^\;]+)\; ]]; then
      read -ra words <<< "${BASH_REMATCH[1]}"
      for word in "${words[@]}"; do [[ $site_names == *" $word "* ]] || site_names+="$word "; done
    elif [[ $line =~ ^[[:blank:]]*listen[[:blank:]]+([^\;[:blank:]]*:)?([0-9]+)[\;[:blank:]] ]]; then
      [[ $site_ports == *" ${BASH_REMATCH[2]} "* ]] || site_ports+="${BASH_REMATCH[2]} "
    elif [[ $line =~ ^[[:blank:]]*proxy_set_header[[:blank:]]+X-Forwarded-Proto[[:blank:]]+https\; ]]; then
      site_https=yes
    fi
  done < "$1"
}
  read_site /srv/shop/releases/20261119-090000-bbb2222/conf/nginx.conf
  read -ra made_for <<< "$site_names"
  read_site /etc/nginx/sites-enabled/slipway-shop.conf
  known=''
  for name in "${made_for[@]}"; do [[ $site_names != *" $name "* ]] || known=yes; done
  [[ $known || ! ${made_for[*]} ]] || fail "this release was made for ${made_for[*]}, and nginx serves only"     "${site_names:1:-1}: name one of the old domains in the inventory, and run "'`fab provision --hosts=web1`'" first"
fi
