"""Certificates on a host: what is tried, what is not, and how long it pauses; certbot itself runs in tests/hosts."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway.remote.host.program_io import Failed
from slipway.remote.tls import install_certificate as installing
from slipway.remote.tls import order_certificate as ordering
from slipway.remote.tls.check_challenge import FOLDER, trouble, write_probe
from slipway.remote.tls.install_certificate import install_certificate, self_signed
from slipway.remote.tls.order_certificate import PAUSES, order_certificate, remembered, worth_ordering
from slipway.remote.tls.read_certificate import Certificate, matches, read_certificate
from slipway.remote.tls.run_certbot import certbot_words, logged_error, not_before, reason
from slipway.remote.tls.served_certificates import complaint_about

REFUSED = """Saving debug log to /var/log/letsencrypt/letsencrypt.log
Requesting a certificate for a.example and b.example

Certbot failed to authenticate some domains (authenticator: webroot). The Certificate Authority reported these problems:
  Domain: a.example
  Type:   unauthorized
  Detail: 192.0.2.7: Invalid response from http://a.example/.well-known/acme-challenge/x: 404

Hint: The Certificate Authority failed to download the temporary challenge files created by Certbot.

Some challenges have failed.
Ask for help or search for solutions at https://community.letsencrypt.org. See the logfile.
"""
LIMITED = (
    "An unexpected error occurred:\n"
    "Error creating new order :: too many certificates (5) already issued for this exact set of identifiers in the "
    "last 168h0m0s, retry after 2026-12-01 10:20:30 UTC: see the page on rate limits\n"
    "Ask for help or search for solutions at https://community.letsencrypt.org.\n"
)


@pytest.fixture
def wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A host without nginx, and with a certbot that the test plays."""
    folder = tmp_path / "apps" / "shop"
    folder.mkdir(parents=True)
    (tmp_path / FOLDER).mkdir(parents=True)
    monkeypatch.setattr(installing, "reload_nginx", lambda: "")
    monkeypatch.setattr(ordering, "lineage_folder", lambda app: str(tmp_path / "live" / app))
    monkeypatch.setattr(ordering, "ordered_from", lambda app: "https://ca.example/dir")
    return {"app": "shop", "folder": str(folder), "domains": ["a.example", "b.example"], "webroot": str(tmp_path),
            "directory": "https://ca.example/dir", "email": "", "hook": "/hook", "dns_hook": "", "dns_plugin": "",
            "dns_credentials": ""}  # fmt: skip


class Certbot:
    """Plays certbot: signs, or refuses with some words; `runs` are the domains of each run."""

    def __init__(self, live: Path, why: str = "", due: float = 0.0) -> None:
        self.live, self.why, self.due = live, why, due
        self.runs: list[list[str]] = []

    def __call__(self, words: list[str], bundle: str) -> tuple[str, float]:
        domains = [words[index + 1] for index, word in enumerate(words) if word == "-d"]
        self.runs.append(domains)
        if not self.why:
            self.live.mkdir(parents=True, exist_ok=True)
            for name, text in zip(("fullchain.pem", "privkey.pem"), self_signed(domains), strict=True):
                (self.live / name).write_bytes(text)
        return self.why, self.due


@pytest.fixture
def certbot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certbot:
    made = Certbot(tmp_path / "live" / "shop")
    monkeypatch.setattr(ordering, "run_certbot", made)
    return made


@pytest.fixture
def lead(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Say which domains do not lead to the host; the others do."""

    def say(*elsewhere: str) -> None:
        found = {name: f"the DNS has no address of {name} yet" for name in elsewhere}
        monkeypatch.setattr(
            ordering, "unreachable", lambda domains, probe: {name: found[name] for name in domains if name in found}
        )

    say()
    return say


def names_served(wanted: dict[str, Any]) -> list[str]:
    return sorted(os.listdir(os.path.join(wanted["folder"], "current", "names")))


def test_a_certificate_is_for_the_domains_that_lead_here_and_grows_with_them(
    wanted: dict[str, Any], certbot: Certbot, lead: Callable[..., None], tmp_path: Path
) -> None:
    lead("b.example")
    done = order_certificate(str(tmp_path), wanted, [])
    assert (done.ordered, done.trouble) == (["a.example"], "the DNS has no address of b.example yet")
    assert names_served(wanted) == ["a.example"]
    assert order_certificate(str(tmp_path), wanted, []).ordered == []
    lead()
    assert order_certificate(str(tmp_path), wanted, []).ordered == ["a.example", "b.example"]
    assert order_certificate(str(tmp_path), wanted, []).ordered == []
    assert certbot.runs == [["a.example"], ["a.example", "b.example"]]
    assert (names_served(wanted), remembered(wanted["folder"])["waiting"]) == (["a.example", "b.example"], "")


def test_nothing_is_asked_of_the_issuer_while_no_domain_leads_here(
    wanted: dict[str, Any], certbot: Certbot, lead: Callable[..., None], tmp_path: Path
) -> None:
    lead("a.example", "b.example")
    for _ in range(20):
        assert "a.example" in order_certificate(str(tmp_path), wanted, []).trouble
    assert certbot.runs == []


def test_what_the_operators_machine_sees_counts_and_is_remembered_for_the_timer(
    wanted: dict[str, Any], certbot: Certbot, lead: Callable[..., None], tmp_path: Path
) -> None:
    lead("a.example", "b.example")
    certbot.why = "refused"
    order_certificate(str(tmp_path), wanted, ["a.example", "strange.example"])
    assert certbot.runs == [["a.example"]]
    assert remembered(wanted["folder"])["outside"] == ["a.example"]


def test_an_attempt_in_vain_is_followed_by_pauses_that_grow(
    wanted: dict[str, Any], certbot: Certbot, lead: Callable[..., None], tmp_path: Path
) -> None:
    certbot.why = "a.example: Invalid response"
    for number in range(7):
        done = order_certificate(str(tmp_path), wanted, [])
        again = order_certificate(str(tmp_path), wanted, [])
        assert len(certbot.runs) == number + 1, "nothing is tried in a pause"
        assert "Invalid response" in done.trouble
        assert "the next attempt is due" in again.trouble
        state = remembered(wanted["folder"])
        pause = PAUSES[min(number, len(PAUSES) - 1)]
        assert state["next"] - state["tried"] == pytest.approx(pause, abs=1)
        Path(wanted["folder"], "state.json").write_text(json.dumps({**state, "next": time.time() - 1}))
    certbot.why = ""
    assert order_certificate(str(tmp_path), wanted, []).ordered
    assert "failures" not in remembered(wanted["folder"])


def test_the_issuers_own_word_on_when_to_come_again_is_kept(
    wanted: dict[str, Any], certbot: Certbot, lead: Callable[..., None], tmp_path: Path
) -> None:
    certbot.why, certbot.due = "too many certificates", time.time() + 500_000
    order_certificate(str(tmp_path), wanted, [])
    assert remembered(wanted["folder"])["next"] == certbot.due


def test_a_certificate_that_was_revoked_and_deleted_is_ordered_anew_and_served_until_then(
    wanted: dict[str, Any], certbot: Certbot, lead: Callable[..., None], tmp_path: Path
) -> None:
    order_certificate(str(tmp_path), wanted, [])
    old = Path(wanted["folder"], "current", "fullchain.pem").read_bytes()
    for path in certbot.live.iterdir():
        path.unlink()
    lead("a.example", "b.example")
    order_certificate(str(tmp_path), wanted, [])
    assert Path(wanted["folder"], "current", "fullchain.pem").read_bytes() == old
    lead()
    assert order_certificate(str(tmp_path), wanted, []).ordered
    assert Path(wanted["folder"], "current", "fullchain.pem").read_bytes() != old


def test_another_issuer_means_another_certificate(
    wanted: dict[str, Any], certbot: Certbot, lead: Callable[..., None], tmp_path: Path
) -> None:
    order_certificate(str(tmp_path), wanted, [])
    assert order_certificate(str(tmp_path), {**wanted, "directory": "https://other.example/dir"}, []).ordered


def certificate(*names: str, days: float = 60, own: bool = False) -> Certificate:
    now = time.time()
    return Certificate(list(names), now - 60 * 86400, now + days * 86400, own, "01")


def test_a_domain_that_leads_elsewhere_takes_nothing_from_the_others_before_time_is_short() -> None:
    have = certificate("a", "b")
    assert not worth_ordering(have, ["a"], ["a", "b"], False)
    assert worth_ordering(certificate("a", "b", days=5), ["a"], ["a", "b"], False)
    assert worth_ordering(have, ["a"], ["a"], False), "a domain that the inventory has no more"
    assert worth_ordering(certificate("a", days=-1), ["a"], ["a"], False)
    assert not worth_ordering(None, [], ["a"], True)


# What lies on the host


def test_a_key_is_never_readable_for_others_and_both_files_change_at_once(wanted: dict[str, Any]) -> None:
    folder = Path(wanted["folder"])
    for _ in range(3):
        assert install_certificate(str(folder), *self_signed(["a.example"]), wanted["domains"], certified=True)
    assert (folder / "current" / "privkey.pem").stat().st_mode & 0o777 == 0o600
    assert len([path for path in folder.iterdir() if path.name.isdigit()]) == 2
    assert not install_certificate(
        str(folder),
        (folder / "current" / "fullchain.pem").read_bytes(),
        (folder / "current" / "privkey.pem").read_bytes(),
        wanted["domains"],
        certified=True,
    )


def test_what_nginx_refuses_is_taken_back(wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    install_certificate(wanted["folder"], *self_signed(["a.example"]), wanted["domains"], certified=True)
    before = sorted(os.listdir(wanted["folder"])), os.readlink(os.path.join(wanted["folder"], "current"))
    monkeypatch.setattr(installing, "reload_nginx", lambda: "key values mismatch")
    with pytest.raises(Failed, match="nginx refuses the certificate: key values mismatch"):
        install_certificate(wanted["folder"], *self_signed(["a.example"]), wanted["domains"], certified=True)
    assert (sorted(os.listdir(wanted["folder"])), os.readlink(os.path.join(wanted["folder"], "current"))) == before


def test_a_stand_in_sends_no_visitor_to_https(wanted: dict[str, Any]) -> None:
    install_certificate(wanted["folder"], *self_signed(["a.example"]), wanted["domains"], certified=False)
    assert names_served(wanted) == []


def test_certificates_are_read_with_names_dates_and_whether_they_signed_themselves(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(self_signed(["a.example", "192.0.2.1", "2001:db8::1"])[0])
    found = read_certificate(str(tmp_path / "a.pem"))
    assert found is not None
    assert (found.names[:2], found.self_signed, 3600 < found.days < 3660) == (["a.example", "192.0.2.1"], True, True)
    assert read_certificate(str(tmp_path / "none")) is None


@pytest.mark.parametrize(
    ("wildcard", "domain", "good"),
    [
        ("*.a.example", "b.a.example", True),
        ("*.a.example", "a.example", False),
        ("*.a.example", "c.b.a.example", False),
        ("a.example", "a.example", False),
        ("*.a.example", "*.a.example", False),
    ],
)
def test_a_wildcard_stands_for_one_label(wildcard: str, domain: str, good: bool) -> None:
    assert matches(wildcard, domain) is good


# Talking to certbot, and about it


def test_certbot_gets_the_domains_as_words_and_the_proof_that_is_wanted(wanted: dict[str, Any]) -> None:
    words = certbot_words(wanted, ["a.example"], forced=False)
    assert words[-4:] == ["--webroot-path", wanted["webroot"], "-d", "a.example"]
    assert "--register-unsafely-without-email" in words
    assert "--force-renewal" not in words
    plugin = certbot_words(
        {**wanted, "dns_plugin": "rfc2136", "dns_credentials": "/c", "email": "a@b.c"}, ["*.a"], True
    )
    assert {"--dns-rfc2136", "--dns-rfc2136-credentials", "/c", "--email", "--force-renewal"} <= set(plugin)
    assert "--webroot" not in plugin
    assert "/h auth" in certbot_words({**wanted, "dns_hook": "/h"}, ["*.a"], False)


def test_what_certbot_says_becomes_one_line() -> None:
    assert reason(REFUSED) == (
        "a.example: 192.0.2.7: Invalid response from http://a.example/.well-known/acme-challenge/x: 404"
    )
    assert reason(LIMITED).startswith("Error creating new order :: too many certificates (5)")
    assert reason("") == "certbot says nothing"
    assert (not_before(REFUSED), time.strftime("%d %H:%M", time.gmtime(not_before(LIMITED)))) == (0.0, "01 10:20")


def test_what_the_issuer_refused_is_found_in_the_log_where_certbot_itself_fails_over_it(tmp_path: Path) -> None:
    told = (
        "urn:ietf:params:acme:error:rateLimited :: There were too many requests :: too many certificates, retry after"
    )
    (tmp_path / "log").write_text(f"Traceback:\nacme.messages.Error: {told} 2026-12-01 10:20:30 UTC\nAttributeError\n")
    logged = logged_error(str(tmp_path / "log"))
    assert logged == "rateLimited: too many certificates, retry after 2026-12-01 10:20:30 UTC"
    said = "An unexpected error occurred:\nAttributeError: can't set attribute\n"
    assert reason(said, logged) == logged
    assert not_before(f"{said}\n{logged}") == not_before(LIMITED)
    assert logged_error(str(tmp_path / "none")) == ""


def test_a_domain_without_an_address_is_told_and_the_probe_of_the_last_minutes_stays(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir(parents=True)
    probe = write_probe(str(tmp_path), "shop")
    assert write_probe(str(tmp_path), "shop") == probe
    assert write_probe(str(tmp_path), "shop-two") != probe
    assert (tmp_path / FOLDER / probe).read_text() == probe
    assert trouble("no-such-name.invalid", probe) == "the DNS has no address of no-such-name.invalid yet"


def test_who_answers_something_else_is_not_this_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*args: object, **more: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    assert trouble("a.example", "slipway-probe-x").startswith("a.example leads to 127.0.0.1, which ")


# What status says


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (certificate("a.example"), ""),
        (certificate("a.example", days=13), "expires in 13 days, and was not renewed"),
        (certificate("a.example", days=-3), "has expired 3 days ago"),
        (certificate("b.example"), "is not for this domain: why"),
        (certificate("a.example", own=True), "there is no certificate yet, but a self-signed one in its place: why"),
    ],
)
def test_status_says_what_a_browser_would(found: Certificate, what: str) -> None:
    said = complaint_about(found, "a.example", {"self_signed": False, "ordered": True}, "why")
    assert what in said
    assert bool(said) == bool(what)


def test_a_certificate_that_is_good_for_a_week_only_is_not_late_from_its_first_day() -> None:
    now = time.time()
    week = Certificate(["a"], now - 86400, now + 5 * 86400, False, "")
    assert complaint_about(week, "a", {"self_signed": False, "ordered": True}, "") == ""
