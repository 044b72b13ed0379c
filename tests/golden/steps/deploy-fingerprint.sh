printf %s 4aca2eef7ec800df476907df815be1b60ebd7405c26e978ef7f51a54f33208e0 > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
