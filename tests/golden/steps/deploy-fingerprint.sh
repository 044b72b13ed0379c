printf %s 1ad9784a672a4f2947be4d15116e47a6c48ab5edd122669ebaa38ea17f5c55fe > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
