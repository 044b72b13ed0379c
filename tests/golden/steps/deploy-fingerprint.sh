printf %s b88bb83c1b58be783abb1462b11c9ff1be253ac5859ce0268e75deeab53ed945 > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
