"""Who passes in maintenance: files that stand for networks, as the maps of the shipped nginx site look for them."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slipway.core.errors import UsageError
from slipway.model.maintenance_visitors import Network, names, network, own, shown

SITE = Path(__file__).parents[1] / "golden" / "provision" / "site.conf"
MAPS = {
    name: re.findall(r'^    "~(.+)" "?([^";]+)"?;$', lines, re.M)
    for name, lines in re.findall(r"^map \S+ \$slipway_hello_(net\d) \{\n(.*?)^\}", SITE.read_text(), re.M | re.S)
}


def mapped(name: str, value: str) -> str:
    """What one of nginx's maps makes of a value: the first expression that matches decides."""
    for expression, made in MAPS[name]:
        match = re.search(expression, value)
        if match:
            return str(made).replace("$1", match[1])
    return "none"


def passes(visitor: str, files: list[str]) -> bool:
    """Whether nginx finds a file for a visitor's address."""
    net3 = mapped("net3", visitor)
    net2 = mapped("net2", net3)
    return bool({visitor, net3, net2, mapped("net1", net2)} & set(files))


@st.composite
def networks(draw: st.DrawFn) -> Network:
    if draw(st.booleans()):
        return ipaddress.IPv4Network((draw(st.integers(0, 2**32 - 1)), draw(st.integers(1, 32))), strict=False)
    length = draw(st.one_of(*(st.integers(low, high) for low, high in ((24, 32), (40, 48), (56, 64), (120, 128)))))
    return ipaddress.IPv6Network((draw(sixes()), length), strict=False)


@st.composite
def sixes(draw: st.DrawFn) -> int:
    """Addresses as they are given out, whose first group is none of zeros; many of the others are."""
    groups = [draw(st.integers(0x2000, 0x3FFF))]
    groups += [draw(st.one_of(st.just(0), st.integers(0, 0xFFFF))) for _ in range(7)]
    return sum(group << 16 * (7 - at) for at, group in enumerate(groups))


@given(networks(), st.data())
@example(network("2001:db8::/32"), None)
def test_who_is_in_a_network_passes(allowed: Network, data: st.DataObject | None) -> None:
    inside = allowed[data.draw(st.integers(0, allowed.num_addresses - 1))] if data else allowed[1]
    if allowed.version == 6 and scattered(str(inside)):
        return
    assert passes(str(inside), names(allowed))


@given(networks(), st.one_of(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address), sixes().map(ipaddress.IPv6Address)))
def test_who_is_in_none_does_not_pass(allowed: Network, visitor: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if visitor not in allowed:
        assert not passes(str(visitor), names(allowed))


def scattered(address: str) -> bool:
    """Whether zeros are left out within the first four groups, as in 2001::5:1:2:3:4; docs/maintenance.md says so."""
    before, _, after = address.partition("::")
    return before.count(":") == 0 and after.count(":") >= 4


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("203.0.113.7", ["203.0.113.7"]),
        ("10.0.0.0/8", ["10"]),
        ("192.168.0.0/15", ["192.168", "192.169"]),
        ("198.51.100.252/30", ["198.51.100.252", "198.51.100.253", "198.51.100.254", "198.51.100.255"]),
        ("2001:db8::1", ["2001:db8::1"]),
        ("2001:DB8:0:0::/63", ["2001:db8:0:0", "2001:db8:0:1"]),
        ("2001:db8::/32", ["2001:db8"]),
    ],
)
def test_a_network_is_told_by_a_few_files(text: str, files: list[str]) -> None:
    assert names(network(text)) == files


def test_no_network_needs_many_files() -> None:
    assert max(len(names(network(f"128.0.0.0/{length}"))) for length in range(1, 33)) <= 256


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("localhost", "is no address"),
        ("10.0.0.256", "is no address"),
        ("10.1", "is no address"),
        ("../../etc", "is no address"),
        ("fe80::1%eth0", "is no address"),
        ("10.0.0.1/8", "is an address in a network"),
        ("0.0.0.0/0", "is everybody"),
        ("::ffff:192.0.2.1", "is an IPv4 address"),
        ("2001::/16", "is too large a network"),
        ("2001:db8::/33", "is too large a network"),
    ],
)
def test_what_cannot_be_told_is_a_mistake_with_a_hint(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        network(text)
    assert caught.value.hint


def test_the_hosts_own_address_is_known() -> None:
    assert [text for text in ("127.0.0.1", "127.0.0.0/8", "10.0.0.0/8", "::1") if own(network(text))] == [
        "127.0.0.1",
        "127.0.0.0/8",
    ]


def test_an_address_is_shown_without_a_length() -> None:
    assert [shown(network(text)) for text in ("10.0.0.7", "10.0.0.0/8")] == ["10.0.0.7", "10.0.0.0/8"]
