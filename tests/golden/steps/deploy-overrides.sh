(umask 077; take > /srv/shop/env/20261120-131502-abc1234.kept.new)
mv -f /srv/shop/env/20261120-131502-abc1234.kept.new /srv/shop/env/20261120-131502-abc1234.kept
