"""[services.NAME]: read, merged, placed on hosts, and refused where something is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.env.dotenv import Secret
from slipway.env.sources import Bound, Command, gather, outline
from slipway.inventory import Host, Inventory, load
from slipway.inventory.services_of_hosts import Service

ONE = '[app]\nname = "shop"\n[hosts.web1]\n[services.db]\nkind = "postgres"\n'
TWO = (
    'default = "prod"\n[app]\nname = "shop"\n[groups.prod]\nhosts = ["web1", "web2"]\n'
    "[hosts.web1]\n[hosts.web2]\n[hosts.db1]\nrunning_of_db1\n[services.db]\nkind = 'postgres'\n"
)


def read(tmp_path: Path, text: str) -> Inventory:
    (tmp_path / "inventory.toml").write_text(text.replace("running_of_db1", "runs_app = false"), encoding="utf-8")
    return load(tmp_path)


def only(host: Host) -> Service:
    (service,) = host.services
    return service


def wrong(tmp_path: Path, text: str) -> str:
    with pytest.raises(UsageError) as raised:
        read(tmp_path, text).select("all")
    return str(raised.value)


def test_three_lines_make_a_database_on_the_apps_own_host(tmp_path: Path) -> None:
    (host,) = read(tmp_path, ONE).select("all")
    service = only(host)
    assert (service.host, service.local, service.database, service.account) == ("web1", True, "shop", "shop")
    assert service.bind == {"DATABASE_URL": "url"}
    assert host.sources[-1].values == {"DATABASE_URL": Bound("db", "postgres", "url")}  # type: ignore[union-attr]


def test_a_second_database_is_called_after_its_service(tmp_path: Path) -> None:
    text = ONE + '[services.events]\nkind = "postgres"\nbind = "EVENTS_URL"\n'
    (host,) = read(tmp_path, text).select("all")
    assert [service.database for service in host.services] == ["shop", "shop-events"]


def test_several_hosts_need_a_word_on_which_one_it_is(tmp_path: Path) -> None:
    said = wrong(tmp_path, TWO)
    assert said.endswith(
        "inventory.toml: services.db.host: is missing: the app runs on web1, web2; name one host for it"
    )


def test_a_host_of_its_own_runs_no_app(tmp_path: Path) -> None:
    inventory = read(tmp_path, TWO + "host = 'db1'\n")
    hosts = inventory.select("all")
    assert [host.name for host in hosts] == ["web1", "web2"]
    assert {(only(host).host, only(host).local, only(host).account) for host in hosts} == {("db1", False, "shop")}
    assert list(inventory.service_hosts) == ["db1"]
    with pytest.raises(UsageError, match="db1 runs services only"):
        inventory.select("db1")


def test_a_role_may_stand_for_the_host(tmp_path: Path) -> None:
    text = TWO.replace("running_of_db1", "running_of_db1\nroles = ['database']") + "host = 'database'\n"
    assert only(read(tmp_path, text).select("web1")[0]).host == "db1"


def test_a_group_says_what_differs_there(tmp_path: Path) -> None:
    text = (
        '[app]\nname = "shop"\n[services.db]\nkind = "postgres"\nextensions = ["pg_trgm"]\n'
        '[groups.prod]\nhosts = ["web1"]\n[groups.prod.services.db]\nmax_connections = 300\n'
        '[groups.stage]\nhosts = ["web2"]\n[hosts.web1]\n[hosts.web2]\n'
    )
    inventory = read(tmp_path, text)
    assert only(inventory.hosts["web1"]).max_connections == 300
    assert only(inventory.hosts["web2"]).max_connections == 100
    assert {only(host).host for host in inventory.hosts.values()} == {"web1", "web2"}


@pytest.mark.parametrize("what", ["database", "account"])
def test_two_groups_do_not_share_a_database_unawares(tmp_path: Path, what: str) -> None:
    text = (
        '[app]\nname = "shop"\n[services.db]\nkind = "postgres"\nhost = "db1"\n'
        '[groups.prod]\nhosts = ["web1"]\n[groups.stage]\nhosts = ["web2"]\n'
        "[hosts.web1]\n[hosts.web2]\n[hosts.db1]\nrunning_of_db1\n"
    )
    said = wrong(tmp_path, text)
    assert "services.db.database: is 'shop' on db1 for web1, too: set another one for one of the groups" in said
    inventory = read(tmp_path, text + "[groups.stage.services.db]\ndatabase = 'shop-stage'\n")
    assert getattr(only(inventory.hosts["web2"]), what) == "shop-stage"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("host = 'wbe1'", "services.db.host: unknown group, role or host 'wbe1'; did you mean 'web1'?"),
        ("memory = '1g'", "services.db.memory: postgres has no such setting; redis and memcached have"),
        ("version = '9.6'", "services.db.version: '9.6' is not a version of PostgreSQL such as '15'"),
        ("bind = { DB_HOST = 'hots' }", "services.db.bind.DB_HOST: 'hots' is none of url, host, port"),
        ("bind = []", "services.db.bind: expected the name of a variable in quotes"),
        ("bind = 'SOCKET'", "services.db.bind: 'SOCKET' is reserved"),
        ("url = 'secret'", "services.db.url: expected a URL in quotes"),
        ("url = 'postgresql://a:b@c:port/d'", "services.db.url: is no URL such as"),
        ("url = { command = 'x', env = 'X' }", "services.db.url.command: unknown key"),
        ("url = 'postgresql://x'\nhost = 'web1'", "services.db.host: says nothing of a service that has a url"),
        ("wiat = 3", "services.db.wiat: unknown key; did you mean 'wait'?"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(tmp_path: Path, lines: str, said: str) -> None:
    text = wrong(tmp_path, ONE + lines + "\n")
    assert said in text
    assert "secret" not in text


def test_a_rootless_host_has_external_services_alone(tmp_path: Path) -> None:
    rootless = ONE.replace("[hosts.web1]\n", "[hosts.web1]\nrootless = true\n")
    assert "web1 is rootless, and services need root there" in wrong(tmp_path, rootless)
    assert only(read(tmp_path, rootless + "url = 'postgresql://x/y'\n").hosts["web1"]).url


def test_memcached_serves_one_host(tmp_path: Path) -> None:
    said = wrong(tmp_path, TWO.replace("'postgres'", "'memcached'") + "host = 'db1'\n")
    assert "memcached asks for no password" in said


@pytest.mark.parametrize(
    "place", ["[env]\nDATABASE_URL = 'x'\n", "[groups.g]\nhosts = ['web1']\nenv_files = ['a.env']\n"]
)
def test_a_variable_has_one_source(tmp_path: Path, place: str) -> None:
    (tmp_path / "a.env").write_text("DATABASE_URL=secret\n", encoding="utf-8")
    said = wrong(tmp_path, ONE + place)
    assert "DATABASE_URL" in said
    assert "too" in said
    assert "secret" not in said


def test_an_external_service_is_waited_for_wherever_its_url_comes_from(tmp_path: Path) -> None:
    text = ONE + "url = { env = 'DATABASE_URL' }\n[env]\nDATABASE_URL = 'postgresql://u:p@h/n'\n"
    (host,) = read(tmp_path, text).select("all")
    wanted = gather({"web1": (host.sources, host.required)})["web1"]
    assert wanted.values["DATABASE_URL"] == Secret("postgresql://u:p@h/n")
    assert wanted.services == (Bound("db", "postgres", "url", "DATABASE_URL"),)
    (host,) = read(tmp_path, ONE + "url = { command = 'echo postgresql://h/n' }\n").select("all")
    assert isinstance(only(host).url, Command)
    wanted = gather({"web1": (host.sources, host.required)})["web1"]
    assert wanted.bound["DATABASE_URL"].given == Secret("postgresql://h/n")


def test_an_empty_value_of_a_file_gives_way_to_the_service(tmp_path: Path) -> None:
    text = 'env_files = ["prod.env"]\n' + ONE
    (tmp_path / "prod.env").write_text("DATABASE_URL=\n", encoding="utf-8")
    (host,) = read(tmp_path, text).select("all")
    wanted, _ = outline(host.sources, ())
    assert wanted.origins["DATABASE_URL"].startswith("[services.db]")
    (tmp_path / "prod.env").write_text("DATABASE_URL=postgres://elsewhere\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"gives DATABASE_URL, which prod\.env sets, too"):
        read(tmp_path, text).select("all")
