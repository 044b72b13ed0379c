printf %s 1927f6ba0da1ed42bd0bc049e30d1bbf6540840703e63a857e412215e483919a > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
