printf %s 86d5bb82f581ef0d88ba7f370bdf932c8b13c9ab8304bd51449c264455d5581f > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
