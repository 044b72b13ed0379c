ln -sfnT releases/20261119-090000-bbb2222 /srv/shop/current.new
mv -fT /srv/shop/current.new /srv/shop/current
