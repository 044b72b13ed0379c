"""What a record keeps of a typed command: enough to recognise it, and nothing that looks like a secret."""

from __future__ import annotations

import pytest

from slipway.core.mask_command import mask_command


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("python manage.py set_password --password s3cret ann", "python manage.py set_password --password *** ann"),
        ("python x.py --api-token=s3cret --all", "python x.py --api-token=*** --all"),
        ("PGPASSWORD='s3 cret' psql -h db", "PGPASSWORD=*** psql -h db"),
        ("env 'DB_PASSWORD=s3cret cret' python x.py", "env 'DB_PASSWORD=***' python x.py"),
        ("PASSWORD=MySecretKey1 ./x && echo ok", "PASSWORD=*** ./x && echo ok"),
        ("SECRET_KEY=s3c'r'et python x.py", "SECRET_KEY=*** python x.py"),
        ("psql postgres://app:s3cret@db.example.org/app", "psql postgres://app:***@db.example.org/app"),
        ("psql postgres://app:s3@cret@db/app", "psql postgres://app:***@db/app"),
        ("mysqldump -u app -ps3cret shop | gzip", "mysqldump -u app -p*** shop | gzip"),
        ("curl -u ann:s3cret https://x.example.org", "curl -u *** https://x.example.org"),
        ("curl -H 'Authorization: Bearer s3cret' https://x", "curl -H 'Authorization: Bearer ***' https://x"),
        ('curl -H "X-Api-Key: s3cret" https://x', 'curl -H "X-Api-Key: ***" https://x'),
        ("redis-cli -a s3cret ping", "redis-cli -a *** ping"),
        ("sshpass -p s3cret ssh x", "sshpass -p *** ssh x"),
        ("git clone https://ghp_s3crets3crets3cret@x/y", "git clone https://***@x/y"),
    ],
)
def test_what_looks_like_a_secret_is_masked(typed: str, kept: str) -> None:
    assert mask_command(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "python manage.py check --deploy",
        "df -h /srv | tail -1",
        "python manage.py loaddata first.json --ignorenonexistent",
        "TOKEN=$(cat token) python x.py",
        "python manage.py changepassword ann",
        "grep -rn password .",
        "cp -p a b && mysql -u app shop",
        "curl https://x.example.org:8000/y",
        "python manage.py dumpdata --exclude auth.permission > /tmp/x",
    ],
)
def test_other_commands_are_kept_as_they_are(typed: str) -> None:
    assert mask_command(typed) == typed
