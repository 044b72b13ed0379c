"""What an app gets of a service: URLs, parts, passwords, and what is kept on its hosts."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.core.errors import SlipwayError
from slipway.env.dotenv import Secret
from slipway.env.sources import Bound
from slipway.model.service_binding import (
    Binding,
    bound_values,
    endpoints,
    new_password,
    parts,
    read_bindings,
    render_bindings,
    scram_verifier,
)

PEER = Binding("postgres", "web1", "/var/run/postgresql", 5432, "shop", "shop")
FAR = Binding(
    "postgres",
    "db1",
    "10.0.0.5",
    5432,
    "shop",
    "shop",
    "s3cr3t",
    "verify-ca",
    "/srv/shop/env/service-db.crt",
    "15.8",
    100,
)
REDIS = Binding("redis", "web1", "127.0.0.1", 6380, "", "0", "s3cr3t")


@pytest.mark.parametrize(
    ("binding", "url"),
    [
        (PEER, "postgresql://shop@/shop?host=/var/run/postgresql"),
        (
            FAR,
            "postgresql://shop:s3cr3t@10.0.0.5:5432/shop?sslmode=verify-ca&sslrootcert=/srv/shop/env/service-db.crt",
        ),
        (REDIS, "redis://:s3cr3t@127.0.0.1:6380/0"),
        (Binding("memcached", "web1", "/run/x/memcached.sock"), "memcached:///run/x/memcached.sock"),
        (Binding("redis", "db1", "fd00::1", 6380, "", "0", "p"), "redis://:p@[fd00::1]:6380/0"),
    ],
)
def test_the_url_is_one_that_drivers_read(binding: Binding, url: str) -> None:
    assert binding.url == url


def test_a_server_on_another_port_is_found_by_its_socket_too() -> None:
    url = Binding("postgres", "web1", "/var/run/postgresql", 5433, "shop", "shop").url
    assert parse_qs(urlsplit(url).query) == {"host": ["/var/run/postgresql"], "port": ["5433"]}


@pytest.mark.parametrize("binding", [PEER, FAR, REDIS])
def test_a_url_has_the_parts_that_it_was_made_of(binding: Binding) -> None:
    found = parts(binding.kind, binding.url)
    for part in ("host", "port", "user", "password", "name", "sslmode", "sslrootcert"):
        assert found[part] == binding.part(part), part


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(TEXTS, TEXTS, TEXTS)
def test_any_account_and_password_survives_a_url(user: str, password: str, name: str) -> None:
    found = parts("postgres", Binding("postgres", "db1", "10.0.0.5", 5432, user, name.lstrip("/"), password).url)
    assert (found["user"], found["name"]) == (user, name.lstrip("/"))
    assert found["password"] == password


def test_no_url_is_an_error_without_the_url() -> None:
    with pytest.raises(SlipwayError) as raised:
        parts("postgres", "postgresql://u:secret@h:port/n")
    assert "secret" not in str(raised.value)


def test_variables_get_what_is_bound_to_them() -> None:
    bound = {
        "DATABASE_URL": Bound("db", "postgres", "url"),
        "DB_PASSWORD": Bound("db", "postgres", "password"),
        "DB_PORT": Bound("db", "postgres", "port"),
        "CACHE": Bound("cache", "redis", "url"),
        "OLD_HOST": Bound("old", "postgres", "host", "OLD_URL"),
    }
    values = {"OLD_URL": Secret("postgresql://a:b@old.example/x")}
    found = bound_values(bound, {"db": FAR}, values)
    assert {name: value.reveal() for name, value in found.items()} == {
        "DATABASE_URL": FAR.url,
        "DB_PASSWORD": "s3cr3t",
        "DB_PORT": "5432",
        "OLD_HOST": "old.example",
    }


def test_where_a_service_answers_holds_no_secret() -> None:
    outside = Bound("old", "redis", "url", Secret("rediss://:s3cr3t@cache.example/0"))
    unknown = Bound("x", "redis", "url", "NOWHERE")
    found = endpoints([Bound("db", "postgres", "url"), outside, unknown], {"db": FAR}, {})
    assert [(one.host, one.port, one.tls, one.known) for one in found] == [
        ("10.0.0.5", 5432, True, True),
        ("cache.example", 6379, True, True),
        ("", 0, False, False),
    ]
    assert "s3cr3t" not in repr(found)


def test_what_is_kept_is_read_again_and_never_shown() -> None:
    kept = {"db": FAR, "cache": REDIS}
    assert read_bindings(render_bindings(kept), "web1") == kept
    assert "s3cr3t" not in repr(kept)
    with pytest.raises(SlipwayError, match="web1: what is kept there of its services cannot be read"):
        read_bindings(b'{"db": 3}', "web1")


def test_postgresql_accepts_who_knows_the_password_by_its_verifier() -> None:
    """RFC 5802: the server knows H(ClientKey), and the client proves that it knows ClientKey."""
    verifier = scram_verifier("pencil", "shop")
    scheme, rest = verifier.split("$", 1)
    (rounds, salt), (stored, server) = (part.split(":") for part in rest.split("$"))
    assert (scheme, rounds) == ("SCRAM-SHA-256", "4096")
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", base64.b64decode(salt), 4096)
    client = hmac.digest(salted, b"Client Key", "sha256")
    assert base64.b64decode(stored) == hashlib.sha256(client).digest()
    assert base64.b64decode(server) == hmac.digest(salted, b"Server Key", "sha256")
    assert scram_verifier("pencil", "shop") == verifier
    assert scram_verifier("pencil", "blog") != verifier


def test_passwords_are_long_and_need_no_quotes() -> None:
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(one) == 40 and one.isalnum() and one.isascii() for one in made)
