ln -sfnT releases/20261119-090000-bbb2222 /srv/shop/current.new
mv -fT /srv/shop/current.new /srv/shop/current
if [[ -e /srv/shop/stopped/web ]]; then mv -f /srv/shop/stopped/web /srv/shop/stopped/.web; fi
