printf %s 1ec3f085a1ff20336d00c5aa992a3fb3bfe6d9d96c6a12f341207630280d7e42 > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
