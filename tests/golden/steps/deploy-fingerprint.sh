printf %s DIGEST > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
