"""Which variable names a server is told without its password."""

from __future__ import annotations

from slipway.env.database_settings import database_settings, told
from slipway.env.dotenv import Secret
from slipway.env.sources import Wanted

URL = "postgresql://app:s3cret-w0rd@db.example.org:5433/shop?password=s3cret-w0rd&sslmode=require"
WANTED = Wanted(
    values={
        "DATABASE_URL": Secret(URL),
        "CACHE_URL": Secret("redis://:s3cret-w0rd@cache:6379/0"),
        "QUEUE_URL": Secret("amqp://t0ken@queue"),
        "DB_HOST": Secret("10.0.0.7"),
        "API": Secret("https://ann:s3cret-w0rd@api.example.org"),
        "KEY": Secret("postgres://[half"),
        "LONG": Secret("a text"),
    },
    origins={"DATABASE_URL": "prod.env", "DB_HOST": "[env]", "CACHE_URL": "[env]", "QUEUE_URL": "[env]"},
)


def test_a_url_is_shown_without_password_token_and_options() -> None:
    shown = {one.name: one.shown for one in database_settings(WANTED)}
    assert shown == {
        "DATABASE_URL": "postgresql://app:***@db.example.org:5433/shop",
        "CACHE_URL": "redis://***@cache:6379/0",
        "QUEUE_URL": "amqp://***@queue",
        "DB_HOST": "",
    }


def test_the_host_in_the_message_decides_which_variable_is_meant() -> None:
    settings = database_settings(WANTED)
    said = told(settings, 'connection to server at "db.example.org", port 5433 failed: Connection refused')
    assert said == "It is set by DATABASE_URL = postgresql://app:***@db.example.org:5433/shop (prod.env)."
    assert told(settings, 'connection to server at "10.0.0.7"') == "It is set by DB_HOST ([env])."
    every = told(settings, "database is down")
    assert "DATABASE_URL" in every
    assert "CACHE_URL" in every
    assert "s3cret" not in every + said
    assert told([], "db.example.org") == ""
