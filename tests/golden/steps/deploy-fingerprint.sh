printf %s 03828e62cb069924f824a1636ac6271c3ba08ebf295f2615f0d37facade80c29 > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
