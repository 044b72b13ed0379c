"""What looks like a secret is masked in what others print; what only names one stays readable."""

from __future__ import annotations

import pytest

from slipway.core.mask_secrets import mask_secrets


@pytest.mark.parametrize(
    "line",
    [
        "could not connect to postgresql://shop:hush-hush@db/shop",
        "redis://:hush-hush@127.0.0.1:6379/0 refused",
        "amqp://user:hush/hush-hush@host",
        "SECRET_KEY = 'hush-hush'",
        "    'SECRET_KEY': 'hush-hush',",
        '{"api_key": "hush-hush", "debug": true}',
        "connection failed: host=db user=shop password=hush-hush dbname=shop",
        "EMAIL_HOST_PASSWORD: hush-hush",
        "AWS_SECRET_ACCESS_KEY=hush-hush",
        "GITHUB_TOKEN => hush-hush",
        "  Input should be a valid integer [type=int_parsing, input_value='hush-hush', input_type=str]",
        "  Field required [type=missing, input_value={'url': 'hush-hush'}, input_type=dict]",
    ],
)
def test_a_secret_is_masked(line: str) -> None:
    masked = mask_secrets(line)
    assert "hush" not in masked
    assert "***" in masked


@pytest.mark.parametrize(
    "line",
    [
        "KeyError: 'SECRET_KEY'",
        'SECRET_KEY = os.environ["SECRET_KEY"]',
        "SECRET_KEY = settings.SECRET_KEY",
        "def connect(password: str, token: str | None = None) -> None:",
        "connect(password=password)",
        "django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.",
        "Set the SECRET_KEY environment variable",
        'FATAL:  password authentication failed for user "shop"',
        "ModuleNotFoundError: No module named 'secrets_of_mine'",
        '  File "/srv/shop/app/tokens.py", line 3, in <module>',
        "see https://example.org/a:b and http://localhost:8000/path",
        "  Field required [type=missing, input_value={}, input_type=dict]",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert mask_secrets(line) == line
