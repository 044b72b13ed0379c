(umask 077; take > /srv/shop/env/first.kept.new)
mv -f /srv/shop/env/first.kept.new /srv/shop/env/first.kept
