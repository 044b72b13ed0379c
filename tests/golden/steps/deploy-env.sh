take_to /srv/shop/env/20261120-131502-abc1234.env
printf %s '#!/bin/sh
# Runs a command in this release: its environment, its venv, its code. Example: conf/run python manage.py check
set -a
LANG=C.UTF-8
PYTHONUNBUFFERED=1
DJANGO_SETTINGS_MODULE=shop.settings
. /srv/shop/env/20261120-131502-abc1234.env
SLIPWAY_APP=shop
SLIPWAY_RELEASE=20261120-131502-abc1234
SLIPWAY_COMMIT=abc1234000000000000000000000000000000000
SLIPWAY_HOST=web1
SLIPWAY_DOMAINS=www.example.org
SLIPWAY_SHARED=/srv/shop/shared
SOCKET=/srv/shop/releases/20261120-131502-abc1234/run/web.sock
VIRTUAL_ENV=/srv/shop/releases/20261120-131502-abc1234/venv
PATH=/srv/shop/releases/20261120-131502-abc1234/venv/bin:$PATH
set +a
cd /srv/shop/releases/20261120-131502-abc1234/app || exit 1
exec "$@"
' > /srv/shop/releases/20261120-131502-abc1234/conf/run
chmod 0750 /srv/shop/releases/20261120-131502-abc1234/conf/run
