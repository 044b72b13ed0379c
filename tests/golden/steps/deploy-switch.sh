ln -sfnT releases/20261120-131502-abc1234 /srv/shop/current.new
mv -fT /srv/shop/current.new /srv/shop/current
