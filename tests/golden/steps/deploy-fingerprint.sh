printf %s 18383d9aab6bf2755c4901222368dc4d026388f165a79b24d0b6d9eea367ae65 > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
