[[ ! -d /srv/shop/releases/20261120-131502-abc1234 ]] || printf '%s\n' '{"left": "20261120-131502-abc1234", "operation": "rollback", "release": "20261119-090000-bbb2222", "when": "2026-11-20T13:15:02+00:00", "who": "ann@laptop"}' > /srv/shop/releases/20261120-131502-abc1234/left
rm -f /srv/shop/releases/20261119-090000-bbb2222/left
