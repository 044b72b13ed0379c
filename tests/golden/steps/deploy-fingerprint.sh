printf %s 366f72151b5a3a378863a2389b8b619ff1188a4cb859f3b4073411ebfb64e0c5 > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
