"""The settings of PostgreSQL for a host's memory, and our lines of pg_hba.conf."""

from __future__ import annotations

import pytest

from slipway.core.errors import SlipwayError
from slipway.remote.host.program_io import Failed
from slipway.remote.services.postgres_server import cluster_of
from slipway.remote.services.postgres_settings import (
    access_lines,
    clients_in,
    listen_addresses,
    read_settings,
    settings_text,
    tuned,
    with_block,
)

GIB = 1 << 30
DEBIAN = "# TYPE DATABASE\nlocal   all   postgres   peer\nlocal   all   all   peer\nhost all all 0.0.0.0/0 md5\n"


@pytest.mark.parametrize(
    ("memory", "shared"), [(GIB // 2, "128MB"), (GIB, "256MB"), (8 * GIB, "2048MB"), (256 * GIB, "16384MB")]
)
def test_a_quarter_of_the_memory_is_shared(memory: int, shared: str) -> None:
    assert tuned(memory, 100, False)["shared_buffers"] == shared


def test_a_host_without_an_app_leaves_more_to_the_cache() -> None:
    assert tuned(8 * GIB, 100, True)["effective_cache_size"] == "6144MB"
    assert tuned(8 * GIB, 100, False)["effective_cache_size"] == "4096MB"


def test_all_connections_together_fit_into_the_memory() -> None:
    for size in (1, 2, 4, 16):
        found = tuned(size * GIB, 200, False)
        used = int(found["shared_buffers"][:-2]) + 200 * int(found["work_mem"][:-2])
        assert used <= size * 1024 * 1.1


def test_what_is_written_is_read_again() -> None:
    found = {**tuned(GIB, 100, False), "listen_addresses": "localhost, 10.0.0.5"}
    assert read_settings(settings_text(found)) == found


@pytest.mark.parametrize(
    ("had", "more", "wanted"),
    [
        ("localhost", ["10.0.0.5"], "localhost, 10.0.0.5"),
        ("localhost, 10.0.0.5", ["10.0.0.5"], "localhost, 10.0.0.5"),
        ("*", ["10.0.0.5"], "*"),
        ("", [], "localhost"),
    ],
)
def test_the_server_listens_where_it_did_and_where_it_is_needed(had: str, more: list[str], wanted: str) -> None:
    assert listen_addresses(had, more) == wanted


def test_our_lines_come_first_and_end_with_a_refusal() -> None:
    text = with_block(DEBIAN, "shop", access_lines("shop", "shop", {"web2": "10.0.0.2", "web1": "fd00::1"}, True))
    lines = text.splitlines()
    assert [" ".join(line.split()) for line in lines[1:5]] == [
        'local "shop" "shop" peer',
        'hostssl "shop" "shop" fd00::1/128 scram-sha-256 # web1',
        'hostssl "shop" "shop" 10.0.0.2/32 scram-sha-256 # web2',
        'host "shop" all all reject',
    ]
    assert text.endswith(DEBIAN)


def test_lines_of_other_apps_and_of_the_user_stay_as_they_are() -> None:
    both = with_block(with_block(DEBIAN, "shop", "A\n"), "shop-stage", "B\n")
    again = with_block(both, "shop", "C\n")
    assert with_block(again, "shop", "C\n") == again
    assert again.count("# slipway: begin shop (") == 1
    assert "B\n" in again
    assert "A\n" not in again
    assert again.endswith(DEBIAN)


def test_hosts_that_were_let_in_are_known_by_name() -> None:
    text = with_block(DEBIAN, "shop", access_lines("shop", "shop", {"web1": "10.0.0.1"}, False))
    text = with_block(text, "blog", access_lines("blog", "blog", {"web9": "10.0.0.9"}, False))
    assert clients_in(text, "shop") == {"web1": "10.0.0.1"}
    assert clients_in(text, "other") == {}


CLUSTERS = "13 main 5433 online postgres /var/lib/postgresql/13/main x\n15 main 5432 online postgres /y x\n"


@pytest.mark.parametrize(("version", "port"), [("", "5432"), ("13", "5433")])
def test_the_newest_cluster_is_taken_unless_one_is_named(version: str, port: str) -> None:
    assert cluster_of(version, CLUSTERS).port == port


def test_a_version_that_is_not_there_is_said() -> None:
    with pytest.raises(Failed, match="PostgreSQL 17"):
        cluster_of("17", CLUSTERS)
    assert not issubclass(Failed, SlipwayError)
