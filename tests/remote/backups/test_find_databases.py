"""Where an app's databases are: its environment says, or its settings, or the files in shared/."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from slipway.remote.backups.find_databases import find_databases, from_django, from_url
from slipway.remote.host.program_io import Failed


@pytest.mark.parametrize(
    ("url", "values"),
    [
        ("postgres://u:p%40ss@db.example.org:5433/shop?sslmode=require", {
            "PGUSER": "u", "PGPASSWORD": "p@ss", "PGHOST": "db.example.org", "PGPORT": "5433", "PGDATABASE": "shop",
            "PGSSLMODE": "require",
        }),
        ("postgresql+psycopg://%2Fvar%2Frun%2Fpg/shop", {"PGHOST": "/var/run/pg", "PGDATABASE": "shop"}),
        ("postgresql:///shop", {"PGDATABASE": "shop"}),
        ("postgis://u@[::1]/shop", {"PGUSER": "u", "PGHOST": "::1", "PGDATABASE": "shop"}),
    ],
)  # fmt: skip
def test_a_url_of_postgresql_becomes_the_variables_of_libpq(url: str, values: dict[str, str]) -> None:
    found = from_url("DATABASE_URL", url)
    assert found == {"name": "default", "kind": "postgresql", "values": values}


def test_a_url_of_sqlite_names_a_file_and_one_in_memory_is_none(tmp_path: Path) -> None:
    found = from_url("DATABASE_URL", f"sqlite:///{tmp_path}/db.sqlite3")
    assert found == {"name": "default", "kind": "sqlite", "path": f"{tmp_path}/db.sqlite3"}
    assert from_url("DATABASE_URL", "sqlite://:memory:") is None


def test_another_kind_of_database_is_refused_without_showing_the_password() -> None:
    with pytest.raises(Failed, match="mysql: only PostgreSQL and SQLite") as refused:
        from_url("DATABASE_URL", "mysql://u:sesame@db/shop")
    assert "sesame" not in str(refused.value)
    with pytest.raises(Failed, match="cannot be read as a URL") as refused:
        from_url("DATABASE_URL", "postgres://u:se/same@db:x/shop")
    assert "same" not in str(refused.value)


def test_the_settings_of_django_name_each_database_once() -> None:
    main = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": "u",
        "HOST": "",
        "OPTIONS": {"sslmode": "require"},
    }
    found = from_django({
        "default": main, "replica": dict(main), "empty": {},
        "cache": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/x/cache.db"},
        "memory": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
    })  # fmt: skip
    assert found == [
        {"name": "default", "kind": "postgresql",
         "values": {"PGDATABASE": "shop", "PGUSER": "u", "PGSSLMODE": "require"}},
        {"name": "cache", "kind": "sqlite", "path": "/x/cache.db"},
    ]  # fmt: skip
    with pytest.raises(Failed, match="'default' is of the kind oracle"):
        from_django({"default": {"ENGINE": "django.db.backends.oracle"}})


def test_djangos_settings_are_asked_whatever_they_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mysettings.py").write_text(
        "print('hello')\nfrom pathlib import Path\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': Path('/x/db')}}\n"
    )
    (tmp_path / "django").mkdir()
    (tmp_path / "django" / "conf.py").write_text("import mysettings as settings\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "mysettings")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert find_databases("DATABASE_URL", "/nowhere") == [{"name": "default", "kind": "sqlite", "path": "/x/db"}]


def test_sqlite_files_in_shared_are_found_and_links_are_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    (shared / "data").mkdir(parents=True)
    sqlite3.connect(shared / "data" / "app.db").execute("create table t (x)").connection.close()
    sqlite3.connect(tmp_path / "other.db").execute("create table t (x)").connection.close()
    (shared / "link.db").symlink_to(tmp_path / "other.db")
    (shared / "text.db").write_text("x" * 600)
    for name in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.delenv(name, raising=False)
    found = find_databases("DATABASE_URL", str(shared))
    assert found == [{"name": "data/app.db", "kind": "sqlite", "path": f"{shared}/data/app.db"}]
