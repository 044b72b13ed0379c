"""`tls` in the inventory: short forms, layers, and what contradicts itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.inventory import Host, load
from slipway.inventory.tls import LETS_ENCRYPT, YEAR, Tls

BEGIN = 'app = { name = "shop", domains = ["shop.example"], %s }\n'
HOSTS = '[hosts.web1]\naddress = "192.0.2.1"\n[hosts.web2]\naddress = "192.0.2.2"\nprivate_address = "10.0.0.2"\n'


def hosts_of(tmp_path: Path, app: str, more: str = "") -> dict[str, Host]:
    (tmp_path / "inventory.toml").write_text(BEGIN % app + more + HOSTS)
    return load(tmp_path).hosts


def tls_of(tmp_path: Path, app: str, more: str = "") -> Tls:
    return hosts_of(tmp_path, app, more)["web1"].app.tls


def test_the_name_of_an_issuer_is_enough(tmp_path: Path) -> None:
    tls = tls_of(tmp_path, 'tls = "letsencrypt"')
    assert (tls.issuer, tls.directory, tls.by_acme, tls.hsts_seconds) == ("letsencrypt", LETS_ENCRYPT, True, 0)


def test_keys_imply_their_issuer_and_paths_count_from_the_inventory(tmp_path: Path) -> None:
    own = tls_of(tmp_path, 'tls = { certificate = "a.pem", key = "~/b.pem", hsts = true }')
    assert (own.issuer, own.certificate, own.key, own.hsts_seconds) == (
        "files",
        tmp_path / "a.pem",
        Path.home() / "b.pem",
        YEAR,
    )
    assert tls_of(tmp_path, 'tls = { acme = "https://ca.example/dir" }').directory == "https://ca.example/dir"


def test_a_group_may_have_another_issuer_or_none(tmp_path: Path) -> None:
    more = '[groups.a]\nhosts = ["web1"]\napp.tls = "self-signed"\n[groups.b]\nhosts = ["web2"]\napp.tls = false\n'
    hosts = hosts_of(tmp_path, 'tls = { acme = "https://ca.example/dir" }', more)
    assert {name: (host.app.tls.issuer, host.app.ends_tls) for name, host in hosts.items()} == {
        "web1": ("self-signed", True),
        "web2": ("none", False),
    }


def test_addresses_are_https_and_have_the_port_where_it_is_another_one(tmp_path: Path) -> None:
    assert hosts_of(tmp_path, 'tls = "letsencrypt"')["web1"].url == "https://shop.example/"
    assert (
        hosts_of(tmp_path, 'tls = { issuer = "letsencrypt", port = 8443 }')["web1"].url == "https://shop.example:8443/"
    )


def test_an_app_without_a_web_side_ends_no_tls(tmp_path: Path) -> None:
    assert not hosts_of(tmp_path, 'tls = "letsencrypt", web = false')["web1"].app.ends_tls


def test_hosts_that_order_certificates_for_the_same_domain_know_each_other(tmp_path: Path) -> None:
    hosts = hosts_of(tmp_path, 'tls = "letsencrypt"')
    assert {name: host.peers for name, host in hosts.items()} == {"web1": ("10.0.0.2 80",), "web2": ("192.0.2.1 80",)}
    assert hosts_of(tmp_path, 'tls = "self-signed"')["web1"].peers == ()
    apart = '[groups.a]\nhosts = ["web1"]\napp.domains = ["other.example"]\n'
    assert hosts_of(tmp_path, 'tls = "letsencrypt"', apart)["web1"].peers == ()


@pytest.mark.parametrize(
    ("app", "where", "what"),
    [
        ('tls = "letsencrypt", https = true', "app.https", "leave one of them out"),
        ('tls = { issuer = "letsencrypt", port = 80 }', "app.tls.port", "is app.port"),
        ('tls = { issuer = "acme" }', "app.tls.acme", "is missing"),
        ('tls = { certificate = "a.pem" }', "app.tls.key", "is missing"),
        ('tls = { issuer = "self-signed", hsts = true }', "app.tls.hsts", "lock visitors out"),
        ('tls = { issuer = "letsencrypt", acme = "https://a/b" }', "app.tls.acme", "issuer = 'acme'"),
        ('tls = { issuer = "letsencrypt", certificate = "a" }', "app.tls.certificate", "issuer = 'files'"),
        ('tls = { issuer = "letsencrypt", dns_hook = "a", dns_plugin = "b2" }', "app.tls.dns_hook", "do the same"),
        ('tls = { issuer = "letsencrypt", dns_credentials = "a" }', "app.tls.dns_credentials", "dns_plugin only"),
        ("tls = true", "app.tls", "expected 'letsencrypt'"),
        ('tls = "letsencrpyt"', "app.tls.issuer", "none of"),
        ('tls = { issuer = "letsencrypt", hsts = "yes" }', "app.tls.hsts", "expected"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(tmp_path: Path, app: str, where: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        hosts_of(tmp_path, app)
    assert f"inventory.toml: {where}: " in caught.value.message
    assert what in caught.value.message


def test_a_wildcard_needs_the_dns_and_a_certificate_needs_domains(tmp_path: Path) -> None:
    for domains, what in (('["*.shop.example"]', "cannot prove '*.shop.example' by HTTP"), ("[]", "needs app.domains")):
        (tmp_path / "inventory.toml").write_text(
            f'app = {{ name = "shop", domains = {domains}, tls = "letsencrypt" }}\n{HOSTS}'
        )
        with pytest.raises(UsageError, match=what.replace("*", r"\*")):
            load(tmp_path)


def test_a_host_without_root_is_refused_by_name(tmp_path: Path) -> None:
    host = '[hosts.web1]\naddress = "192.0.2.1"\nrootless = true\nuser = "joe"\n'
    (tmp_path / "inventory.toml").write_text(BEGIN % 'tls = "letsencrypt"' + host)
    with pytest.raises(UsageError, match=r"hosts\.web1: has no root, which tls needs"):
        load(tmp_path)
