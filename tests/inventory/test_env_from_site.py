"""Domains and addresses that the app gets under names of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.inventory import load

TOP = '[app]\nname = "shop"\n'


def value(folder: Path, app: str, table: str, host: str = '[hosts.web1]\naddress = "192.0.2.1"\n') -> str:
    (folder / "inventory.toml").write_text(f"{TOP}{app}\n[env]\nA = {table}\n{host}")
    (host_,) = load(folder).select("all")
    return host_.env["A"].reveal()


@pytest.mark.parametrize(
    ("app", "table", "expected"),
    [
        ('domains = ["a.org", "b.org"]', '{ domains = "," }', "a.org,b.org"),
        ('domains = ["a.org", "b.org"]', '{ domains = " " }', "a.org b.org"),
        ('domains = ["a.org", "b.org"]', '{ domains = "json" }', '["a.org", "b.org"]'),
        ('domains = ["*.a.org", "b.org"]', '{ domains = "," }', ".a.org,b.org"),
        ('domains = ["a.org", "*.b.org"]\nhttps = true', '{ origins = "," }', "https://a.org,https://*.b.org"),
        ('domains = ["*.b.org", "a.org"]', "{ domain = true }", "a.org"),
        ('domains = ["a.org"]\nhttps = true', "{ url = true }", "https://a.org"),
        ('domains = ["a.org"]\nport = 8080', '{ url = "/in/" }', "http://a.org:8080/in/"),
        ('domains = ["a.org"]\nport = 8080', '{ origins = "json" }', '["http://a.org:8080"]'),
        ("", '{ domains = "," }', "192.0.2.1"),
        ("", "{ url = true }", "http://192.0.2.1"),
    ],
)
def test_the_site_is_named_once(tmp_path: Path, app: str, table: str, expected: str) -> None:
    assert value(tmp_path, app, table) == expected


def test_an_ipv6_address_stands_in_brackets(tmp_path: Path) -> None:
    host = '[hosts.web1]\naddress = "2001:db8::1"\n'
    assert value(tmp_path, "", '{ domains = "," }', host) == "[2001:db8::1]"
    assert value(tmp_path, "", '{ origins = "," }', host) == "http://[2001:db8::1]"


def test_each_group_gets_its_own_domains(tmp_path: Path) -> None:
    text = (
        '[app]\nname = "shop"\n[env]\nA = { domains = "," }\n'
        '[groups.prod]\nhosts = ["web1"]\napp = { domains = ["a.org"] }\n'
        '[groups.test]\nhosts = ["web2"]\napp = { domains = ["t.a.org"] }\n'
        '[hosts.web1]\naddress = "192.0.2.1"\n[hosts.web2]\naddress = "192.0.2.2"\n'
    )
    (tmp_path / "inventory.toml").write_text(text)
    assert [host.env["A"].reveal() for host in load(tmp_path).select("all")] == ["a.org", "t.a.org"]
