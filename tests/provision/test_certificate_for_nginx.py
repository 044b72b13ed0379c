"""Provision with TLS: nginx's site, the steps, and the operator's own files, which are judged before any contact."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from slipway.core.errors import UsageError
from slipway.core.shell import PRELUDE
from slipway.inventory.tls import Tls
from slipway.model.step import compose
from slipway.operations import plans
from slipway.output.dry_run import dry
from slipway.output.operation_words import Headings
from slipway.provision import Site, certificate_steps, provision_steps
from slipway.provision.challenges_from_here import reached_from_here
from slipway.provision.check_operator_certificate import check_certificate, sent_files
from slipway.provision.packages import packages
from slipway.provision.survey import survey
from tests.hosts.acme import certificate, key_pem, pem
from tests.provision.test_provision import golden, site, text_of

DOMAINS = ("shop.example", "www.shop.example")
SECRET = "dns_token = hunter2\n"


def secure(**keys: Any) -> Site:
    return site(domains=DOMAINS, tls=Tls(**{"issuer": "letsencrypt", **keys}))


def test_the_site_that_ends_tls() -> None:
    golden("site-tls.conf", text_of(secure(hsts=True)))


def test_the_site_with_wildcards_and_another_port_proves_domains_by_the_dns() -> None:
    one = site(domains=("shop.example", "*.shop.example"), tls=Tls(issuer="letsencrypt", dns_plugin="x2", port=8443))
    text = text_of(one)
    golden("site-tls-wildcard.conf", text)
    assert "acme-challenge/ {" not in text


def test_what_answers_for_unknown_names_speaks_tls_in_the_same_way() -> None:
    one = secure()
    text = one.render("nginx-default.conf.j2", listen=("443",), tls=True, certificate=one.tls.unknown_names)
    golden("default-tls.conf", text)
    settings = [line for line in text.splitlines() if line.startswith("    ssl_") and "ssl_certificate" not in line]
    assert len(settings) >= 5
    assert set(settings) <= set(text_of(one).splitlines())


def test_a_visitor_by_http_is_not_believed_about_addresses_where_tls_ends_here() -> None:
    assert "X-Forwarded-For $remote_addr;" in text_of(secure())
    assert "$proxy_add_x_forwarded_for" not in text_of(secure())


def test_the_site_says_in_its_first_line_where_tls_ends() -> None:
    assert text_of(secure()).startswith("# serves: https tls, ports 80, names shop.example www.shop.example\n")


def test_hosts_behind_one_name_ask_each_other_for_proofs_and_never_in_a_circle() -> None:
    from msgspec.structs import replace

    one = secure()
    host = replace(one.host, peers=("10.0.0.2 80", "web3 8080"))
    text = text_of(replace(one, host=host))
    assert "include /opt/slipway/tls/apps/hello/peers.conf;" in text
    assert "try_files $uri @challenges;" in text
    assert text.index("if ($http_slipway_challenge)") < text.index("proxy_pass http://slipway_hello_challenges;")
    script = compose(provision_steps(replace(one, host=host))).text
    assert "for peer in '10.0.0.2 80' 'web3 8080'; do" in script


@pytest.mark.parametrize("keys", [{}, {"issuer": "self-signed"}, {"dns_hook": Path("hook"), "email": "a@b.c"}])
def test_scripts_are_whole_bash(keys: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "hook").write_text("x")
    keys = {key: tmp_path / value if isinstance(value, Path) else value for key, value in keys.items()}
    one = secure(**keys)
    for steps in (provision_steps(one), certificate_steps(one)):
        done = subprocess.run(
            ["bash", "-n"], input=PRELUDE + compose(steps).text, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_only_an_app_with_tls_has_packages_ports_and_steps_for_it() -> None:
    plain, own = site(), site(domains=DOMAINS, tls=Tls(issuer="self-signed"))
    names = {kind: packages(one).script.text for kind, one in {"plain": plain, "own": own, "acme": secure()}.items()}
    assert "openssl" not in names["plain"]
    assert ("openssl" in names["own"], "certbot" in names["own"]) == (True, False)
    assert {"certbot", "openssl"} <= set(names["acme"].replace(")", " ").split())
    assert "python3-certbot-dns-rfc2136" in packages(secure(dns_plugin="rfc2136")).script.text
    assert "for port in 80; do" in survey(plain).script.text
    assert "for port in 80 443; do" in survey(secure()).script.text
    assert certificate_steps(plain) == certificate_steps(own) == ()


def test_a_rehearsal_asks_nobody_and_shows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["slipway.provision.certificate_for_nginx"]
    monkeypatch.setattr(module, "reached_from_here", lambda *args: pytest.fail("somebody was asked"))
    (tmp_path / "token").write_text(SECRET)
    made = plans.provision([secure(dns_plugin="x2", dns_credentials=tmp_path / "token"), secure()])
    shown = "\n".join(dry(Headings(made), verbose=True))
    assert "hunter2" not in shown
    assert "certificate" in shown


def test_without_a_probe_of_the_host_nobody_is_asked_from_here() -> None:
    assert reached_from_here(["shop.example"], "") == []
    assert reached_from_here(["shop.example"], "/etc/passwd") == []
    assert reached_from_here(["*.shop.example"], "slipway-probe-x") == []


# The operator's own files


@pytest.fixture(scope="module")
def issuer() -> Any:
    return certificate([], ca=True, common="issuer")


def own(tmp_path: Path, chain: bytes, key: bytes) -> Site:
    (tmp_path / "own.pem").write_bytes(chain)
    (tmp_path / "own.key").write_bytes(key)
    tls = Tls(issuer="files", certificate=tmp_path / "own.pem", key=tmp_path / "own.key")
    return site(domains=DOMAINS, tls=tls)


def test_good_files_are_sent_and_never_shown(tmp_path: Path, issuer: Any) -> None:
    leaf, key = certificate(["shop.example", "*.shop.example"], issuer)
    one = own(tmp_path, pem(leaf, issuer[0]), key_pem(key))
    step = next(step for step in provision_steps(one) if step.name == "tls")
    assert step.payload is not None
    with tarfile.open(fileobj=io.BytesIO(step.payload({}))) as sent:
        assert sent.getnames() == ["own.pem", "own-key.pem"]
    assert "PRIVATE KEY" not in step.script.text + repr(step)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("other key", "it is not the key of the certificate"),
        ("order", "the order is wrong"),
        ("expired", "it has expired on"),
        ("early", "it is not good before"),
        ("names", "it is for shop.example, and not for www.shop.example"),
        ("no names", "it is for no domain"),
        ("no pem", "holds no certificate in PEM"),
        ("no key", "holds no private key in PEM"),
        ("password", "the key has a password"),
    ],
)
def test_files_that_no_browser_would_accept_are_refused_before_any_contact(
    tmp_path: Path, issuer: Any, what: str, said: str
) -> None:
    times: dict[str, dict[str, Any]] = {"expired": {"days": -0.5}, "early": {"begins": 2}}
    dates = times.get(what, {})
    names = {"names": ["shop.example"], "no names": []}.get(what, list(DOMAINS))
    leaf, key = certificate(names, issuer, **dates)
    chain = {"order": pem(issuer[0], leaf), "no pem": b"hello"}.get(what, pem(leaf, issuer[0]))
    text = {"other key": key_pem(certificate(["x"])[1]), "no key": b"hello", "order": key_pem(issuer[1])}.get(what)
    if what == "password":
        from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    one = own(tmp_path, chain, text or key_pem(key))
    with pytest.raises(UsageError) as caught:
        provision_steps(one)
    assert said in caught.value.message
    assert caught.value.message.startswith("web1: tls.")
    assert caught.value.hint


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"web1: tls\.ca: .*/none\.pem cannot be read"):
        sent_files(secure(ca=tmp_path / "none.pem").host)


def test_an_address_can_have_a_certificate_of_ones_own(tmp_path: Path) -> None:
    leaf, key = certificate(["203.0.113.5"])
    tls = Tls(issuer="files", certificate=tmp_path / "a", key=tmp_path / "b")
    check_certificate(site(domains=(), tls=tls).host, pem(leaf), key_pem(key))
