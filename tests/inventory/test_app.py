"""An app's settings: defaults, what each kind of value may hold, and what follows from them."""

from __future__ import annotations

import re

import msgspec
import pytest

from slipway.inventory import value_types
from slipway.inventory.app import App, Gunicorn, Process


def test_the_user_is_the_apps_name_unless_it_is_given() -> None:
    assert App(name="hello").user == "hello"
    assert App(name="hello", user="www").user == "www"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        App(name="hello").keep = 3  # type: ignore[misc]


def test_the_first_domain_that_is_no_wildcard_is_the_one_to_ask() -> None:
    assert App(name="hello").domain is None
    assert App(name="hello", domains=("*.a.org",)).domain is None
    assert App(name="hello", domains=("*.a.org", "b.org", "c.org")).domain == "b.org"


def test_the_web_server_stands_apart_from_the_workers() -> None:
    mails = Process(command="python mails.py")
    app = App(name="hello", processes={"mails": mails, "web": Process(command="serve")})
    assert app.web_process.command == "serve"
    assert app.workers == {"mails": mails}
    assert App(name="hello").web_process == Process()


def test_a_process_gets_more_time_to_stop_than_gunicorn_gives_its_requests() -> None:
    app = App(name="hello", gunicorn=Gunicorn(graceful_timeout=60))
    assert app.stop_timeout(app.web_process) == 65
    assert app.stop_timeout(Process(command="x", stop_timeout=7)) == 7


GOOD = {
    value_types.REPOSITORY: ["/mnt/shop", "s3:https://s3.example.org/b/shop", "sftp:backup@host:/srv/shop"],
    value_types.BACKUP_TIMES: ["never", "hourly", "daily 03:00", "sun 23:59"],
    value_types.NAME: ["a", "web1", "my-app", "a" * 31],
    value_types.LOGIN: ["deploy", "root", "John.Doe_2", "_x"],
    value_types.DOMAIN: ["a.org", "www.example.org", "*.example.org", "localhost", "192.0.2.1", "xn--mller-kva.de"],
    value_types.ADDRESS: ["a.org", "web1", "my_alias", "192.0.2.1", "2001:db8::1", "::1", "fe80::1%eth0"],
    value_types.GATEWAY: ["bastion", "jump@b.org:2222", "[2001:db8::1]:22", "u@10.0.0.1"],
    value_types.RELATIVE: ["media", "var/data.db", ".env", "a b", "..a", "a/..b", "ü"],
    value_types.ABSOLUTE: ["/srv", "/home/web.1/slip_way", "/..a"],
    value_types.SIZE: ["0", "20m", "1G", "512k"],
    value_types.BATCH: ["1", "20", "25%", "100%"],
    value_types.PG_VERSION: ["15", "17"],
    value_types.EXTENSION: ["pg_trgm", "uuid-ossp", "vector"],
    value_types.MEMORY: ["512M", "1g", "64K"],
    value_types.PERCENT: ["50%", "200%"],
    value_types.PYTHON: ["3.12", "3.9", "3.12.4"],
    value_types.PACKAGE: ["libpq5", "g++", "python3.11-dev", "libc6:i386"],
    value_types.EMAIL: ["me@example.org", "a.b+c@x.y"],
    value_types.HTTPS_URL: ["https://acme.example.org/directory", "https://[::1]:14000/dir?a=b"],
    value_types.DNS_PLUGIN: ["rfc2136", "route53"],
    value_types.MODULE: ["settings", "mysite.settings", "_a.b1"],
    value_types.CALLABLE: ["a:b", "mysite.wsgi:application", "app:create_app()", "app:create_app('prod')", "a:b.c"],
    value_types.URL_PATH: ["/", "/healthz", "/a?b=c&d=%20", "/~x/"],
    value_types.EXTRA: ["postgres", "a", "my.extra_1-b"],
    value_types.INDEX_URL: [
        "https://pypi.example.org/simple",
        "http://192.0.2.1:8080",
        "https://${INDEX_USER}:${INDEX_PASSWORD}@pypi.example.org/simple",
        "https://__token__:${T}@[2001:db8::1]:8443/simple/",
        "https://${TOKEN}@pypi.example.org/a@b/",
    ],
    value_types.NOTIFY_URL: [
        "${WEBHOOK}",
        "https://hooks.example.org/a/${TOKEN}",
        "smtp://${MAIL}@mail.example.org:25",
    ],
    value_types.REQUIREMENT: ["gunicorn", "gunicorn[gevent]>=22,<24", "gunicorn @ https://x/y.whl"],
    value_types.ENV_NAME: ["SECRET_KEY", "a", "_1"],
    value_types.SEPARATOR: [",", " ", ", ", "json", "\n"],
    value_types.COMMAND: ["python manage.py x", "sh -c 'a; b' > $OUT", "ü"],
}
BAD = {
    value_types.REPOSITORY: ["", "shop", "rest:https://u:p@host/", "/a b", "/a\n", "ftp:x"],
    value_types.NAME: ["", "A", "1a", "-a", "a_b", "a.b", "a" * 32, "a\n", "a b", "ä"],
    value_types.LOGIN: ["", "-x", "a b", "a@b", "a;b", "a\n", "1a"],
    value_types.DOMAIN: ["", "http://a", "a/b", "a:80", "*", "a..b", "-a.org", "a.org.", "a b", "a;b", "a\n", "_"],
    value_types.ADDRESS: ["", "u@h", "h:22", "-oX", "a b", "a/b", "[::1]", "a\n"],
    value_types.GATEWAY: ["", "a@b@c", "-oX", "h:x", "a b", "a,b", "a\n"],
    value_types.RELATIVE: ["", "/", "/a", "a/", "..", "a/../b", "a/..", ".", "./a", "a//b", "a\nb", "a\0", "a\n"],
    value_types.ABSOLUTE: ["", "/", "srv", "/srv/", "/a/../b", "/a b", "/a;b", "/a$b", "~/x", "//a", "/a\n", "/./a"],
    value_types.SIZE: ["", "20 m", "20mb", "-1", "1.5m", "m", "20m;", "20m\n"],
    value_types.BATCH: ["", "0", "0%", "101%", "-1", "1.5", "a", "25 %", "1\n"],
    value_types.PG_VERSION: ["", "9.6", "015", "5", "15\n"],
    value_types.EXTENSION: ["", "1a", "a b", "A", 'a"b', "a\n"],
    value_types.MEMORY: ["", "512", "0M", "512MB", "1.5g", "1 G", "1g\n"],
    value_types.PERCENT: ["", "50", "0%", "1.5%", "50 %", "50%\n"],
    value_types.PYTHON: ["", "3", "2.7", "python3", "3.x", "3.12\n", "4.0"],
    value_types.PACKAGE: [
        "",
        "-y",
        "a b",
        "a;b",
        "A",
        "a\n",
        "a",
        "nginx-",
        "nginx:amd64-",
        "nginx-:amd64",
        "lib.",
        "a:",
        "^a",
    ],
    value_types.EMAIL: ["", "me", "a@b, c@d", "a b@c.d", "a@b\n", "'@x.y"],
    value_types.HTTPS_URL: ["http://acme.example.org/dir", "https://", "https://a b", "https://a'b", "ftp://a"],
    value_types.DNS_PLUGIN: ["", "RFC2136", "a b", "--x", "python3-certbot-dns-x"],
    value_types.MODULE: ["", "a-b", "a..b", ".a", "1a", "a.", "a b", "a\n"],
    value_types.CALLABLE: ["", "a", "a.b", "a:", ":b", "a:b:c", "a b:c", "a:b\n", "a:b(\n)", "a-b:c"],
    value_types.URL_PATH: ["", "healthz", "/a b", "/a'b", '/a"b', "/a\\b", "/ü", "/a\n", "http://a/"],
    value_types.EXTRA: ["", "-a", "a-", "a b", "a,b", "a\n"],
    value_types.INDEX_URL: [
        "pypi.example.org",
        "ftp://pypi.example.org",
        "https://ann:secret@pypi.example.org/simple",
        "https://ann:secret${T}@pypi.example.org/simple",
        "https://pypi.example.org/a b",
        "https://pypi.example.org?a=b",
    ],
    value_types.NOTIFY_URL: ["", "file:///etc/passwd", "hooks.example.org", "https://a b", "https://", "${A}\n"],
    value_types.REQUIREMENT: ["", "-r x", " x", "--index-url x", "a\nb", "a\n"],
    value_types.ENV_NAME: ["", "1A", "A-B", "A=b", "A\n", "Ä"],
    value_types.SEPARATOR: ["", "\0", "123456789"],
    value_types.BACKUP_TIMES: ["", "daily", "daily 3:00", "daily 24:00", "noon", "sun 03:00\n", "hourly 03:00"],
    value_types.COMMAND: ["", "  ", "a\nb", "a\0b", "a\n"],
}


def test_every_rule_has_words_and_examples() -> None:
    rules = {rule for rule in vars(value_types).values() if isinstance(rule, str) and rule.startswith("^")}
    assert rules == set(value_types.WORDS) == set(GOOD) == set(BAD)


@pytest.mark.parametrize(("rule", "value"), [(rule, value) for rule in GOOD for value in GOOD[rule]])
def test_a_rule_allows(rule: str, value: str) -> None:
    assert re.match(rule, value)


@pytest.mark.parametrize(("rule", "value"), [(rule, value) for rule in BAD for value in BAD[rule]])
def test_a_rule_refuses(rule: str, value: str) -> None:
    assert not re.match(rule, value)


@pytest.mark.parametrize(
    ("setting", "lowest", "highest"),
    [("port", 1, 65535), ("keep", 2, 1000), ("health_timeout", 1, 86400)],
)
def test_a_number_has_bounds(setting: str, lowest: int, highest: int) -> None:
    for value in (lowest, highest):
        assert getattr(msgspec.convert({"name": "a", setting: value}, App), setting) == value
    for value in (lowest - 1, highest + 1):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"name": "a", setting: value}, App)
