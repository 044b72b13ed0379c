printf %s '{"commit": "abc1234000000000000000000000000000000000", "dirty": false, "env": "dddddddddddddddddddddddddddddddd", "kind": "django", "ref": "main", "release": "20261120-131502-abc1234", "subject": "Fix the form", "tree": "7777777777777777777777777777777777777777", "when": "2026-11-20T13:15:02+00:00", "who": "ann@laptop"}
' > /srv/shop/releases/20261120-131502-abc1234/release.json.new
mv -fT -- /srv/shop/releases/20261120-131502-abc1234/release.json.new /srv/shop/releases/20261120-131502-abc1234/release.json
