from __future__ import annotations

import socket
from collections.abc import Collection

import pytest

from slipway.core.errors import SlipwayError
from slipway.lab.host_addresses import (
    ABSENT,
    FORBIDDEN,
    FREE,
    TAKEN,
    HostAddress,
    Look,
    block_of,
    choose,
    look,
    place_of,
)


def everything_free(address: str, port: int) -> str:
    return FREE


def taken(*places: str) -> Look:
    """A machine on which others listen; `*` stands for every address."""

    def answer(address: str, port: int) -> str:
        return TAKEN if {f"{address}:{port}", f"*:{port}"} & set(places) else FREE

    return answer


def endpoints(numbers: Collection[int], look: Look = everything_free, held: Collection[HostAddress] = ()) -> list[str]:
    return [f"{endpoint.address}:{endpoint.ssh}:{endpoint.http}" for endpoint in choose(numbers, held, look).values()]


def test_hosts_get_ordinary_ports_of_the_first_block() -> None:
    assert endpoints([1, 2]) == ["127.0.1.1:22:80", "127.0.1.2:22:80"]


def test_a_block_that_another_lab_holds_is_left_alone_even_if_its_hosts_are_stopped() -> None:
    assert endpoints([1, 2], held=[HostAddress("127.0.1.2", 22, 80)]) == ["127.0.2.1:22:80", "127.0.2.2:22:80"]


def test_a_block_with_a_foreign_listener_is_passed_over_for_one_with_ordinary_ports() -> None:
    assert endpoints([1, 2], taken("127.0.1.1:80")) == ["127.0.2.1:22:80", "127.0.2.2:22:80"]


def test_an_sshd_on_all_addresses_moves_ssh_to_a_high_port_and_leaves_http_ordinary() -> None:
    assert endpoints([1], taken("*:22")) == ["127.0.1.1:2222:80"]


def test_ports_that_may_not_be_opened_are_replaced_by_high_ones() -> None:
    def unprivileged(address: str, port: int) -> str:
        return FORBIDDEN if port < 1024 else FREE

    assert endpoints([1, 2], unprivileged) == ["127.0.1.1:2222:8080", "127.0.1.2:2222:8080"]


def test_with_a_single_loopback_address_hosts_get_ports_of_their_own_on_it() -> None:
    def only_one(address: str, port: int) -> str:
        return {"127.0.0.1": TAKEN if port == 2202 else FREE}.get(address, ABSENT)

    assert endpoints([1, 2, 3], only_one) == ["127.0.0.1:2201:8101", "127.0.0.1:2203:8102", "127.0.0.1:2204:8103"]
    assert endpoints([2], only_one, [HostAddress("127.0.0.1", 2201, 8101)]) == ["127.0.0.1:2203:8102"]


def test_a_new_host_joins_the_block_of_its_lab() -> None:
    mine = HostAddress("127.0.7.1", 22, 80)
    assert choose([2], [mine], everything_free, block=block_of(mine)) == {2: HostAddress("127.0.7.2", 22, 80)}


def test_the_first_block_can_be_chosen() -> None:
    assert choose([1], [], everything_free, first_block=90) == {1: HostAddress("127.0.90.1", 22, 80)}


def test_a_machine_with_nothing_free_is_told_so() -> None:
    with pytest.raises(SlipwayError, match="no free loopback address"):
        endpoints([1], lambda address, port: TAKEN)


def test_looking_finds_a_listener_and_a_free_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert look("127.0.0.1", port) == TAKEN
    assert look("127.0.0.1", port) == FREE
    assert look("192.0.2.1", port) == ABSENT


def test_the_shared_address_is_in_no_block() -> None:
    assert (block_of(HostAddress("127.0.0.1", 2201, 8101)), place_of(HostAddress("127.0.0.1", 2201, 8101))) == (
        None,
        None,
    )
    assert (block_of(HostAddress("127.0.9.3", 22, 80)), place_of(HostAddress("127.0.9.3", 22, 80))) == (9, 3)
