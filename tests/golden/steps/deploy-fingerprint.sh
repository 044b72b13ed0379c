printf %s 1de093f0c8936024b46b8305bde007c11351694624a4dde135884dc28b069ffd > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
