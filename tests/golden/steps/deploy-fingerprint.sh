printf %s 91fc073afa6821f166bcad5c1489aa535176fef5039c2115003751dfe2ba7214 > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
