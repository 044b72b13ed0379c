"""TLS that ends on the hosts: certificates of an issuer that speaks ACME (pebble), and of one's own."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hosts.acme import Acme, address_of, certificate, key_pem, pem, resolve
from tests.hosts.hosts import Hosts
from tests.hosts.project import Project

pytestmark = pytest.mark.usefixtures("needs_root")

NAME, OTHER = "secure.test", "www.secure.test"
FOLDER = "/opt/slipway/tls/apps/secure"


@pytest.fixture(scope="module")
def addresses(hosts: Hosts) -> dict[str, str]:
    return {name: address_of(hosts, name) for name in ("lab1", "lab2")}


@pytest.fixture(scope="module")
def acme(hosts: Hosts, addresses: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Acme:
    if hosts.rootless:
        pytest.skip("the hosts have no root")
    made = Acme(hosts, "lab1")
    made.start(tmp_path_factory.mktemp("acme"))
    for name in addresses:
        resolve(hosts, name, "acme.test", addresses["lab1"])
        hosts.on(name, "rm -rf /etc/letsencrypt/accounts")  # of an issuer that is no more
    return made


@pytest.fixture(scope="module")
def project(
    hosts: Hosts, acme: Acme, addresses: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """Not provisioned yet; its domains lead to no host."""
    tls = {"acme": acme.directory, "ca": str(acme.ca), "hsts": 300}
    project = Project(hosts, tmp_path_factory.mktemp("secure"), "secure", domains=[NAME, OTHER], tls=tls)
    project.tables["hosts"] = {name: {"private_address": address} for name, address in addresses.items()}
    project.configure()
    lead(project, acme)
    yield project
    project.on_hosts = ("lab1", "lab2")
    project.remove()
    for host in addresses:
        gone = f"{FOLDER} /etc/systemd/system/slipway_tls.*"
        hosts.run(
            host, f"certbot delete -n --cert-name slipway-secure; systemctl stop slipway_tls.timer; rm -rf {gone}"
        )


def lead(project: Project, acme: Acme, **names: list[str]) -> None:
    """Have the DNS of hosts and issuer lead the two domains to some addresses."""
    for key, name in (("name", NAME), ("other", OTHER)):
        for host in ("lab1", "lab2"):
            resolve(project.hosts, host, name)
            for address in names.get(key, []):
                project.hosts.on(host, f"echo {address} {name} >> /etc/hosts")
        acme.say(name, *names.get(key, []))


def served(project: Project, address: str, name: str = NAME) -> bytes:
    """The certificate that a visitor gets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((address, 443), 10) as plain, context.wrap_socket(plain, server_hostname=name) as tls:
        return tls.getpeercert(binary_form=True) or b""


def ask(address: str, path: str = "/", *, https: bool = True, name: str = NAME) -> tuple[int, dict[str, str], bytes]:
    """Ask as a visitor does whose browser knows where the name leads, and trusts everybody."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection((address, 443 if https else 80), 20)
    connection = http.client.HTTPConnection(name, timeout=20)
    connection.sock = context.wrap_socket(plain, server_hostname=name) if https else plain
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@contextmanager
def visitors(address: str) -> Iterator[list[int]]:
    """Ask by HTTPS all the time, each time with a connection of its own; 0 stands for no answer."""
    seen: list[int] = []
    over = threading.Event()

    def visit() -> None:
        while not over.is_set():
            try:
                seen.append(ask(address)[0])
            except OSError:
                seen.append(0)

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def test_before_the_dns_leads_here_everything_goes_on_by_http(
    project: Project, acme: Acme, addresses: dict[str, str]
) -> None:
    before = acme.count("POST /order-plz")
    run = project.provision()
    assert f"the DNS has no address of {NAME} yet" in run.text
    assert acme.count("POST /order-plz") == before
    project.deploy()
    assert ask(addresses["lab1"], https=False)[0] == 200
    status, headers, _ = ask(addresses["lab1"])
    assert (status, "strict-transport-security" in headers) == (200, False)
    said = project.fab("status")
    assert said.code == 1
    assert f"https://{NAME}: there is no certificate yet" in said.text
    assert "changed=0" in project.provision().text


def test_a_domain_that_leads_here_gets_its_certificate_and_visitors_by_http_go_on_by_https(
    project: Project, acme: Acme, addresses: dict[str, str]
) -> None:
    here = addresses["lab1"]
    lead(project, acme, name=[here])
    run = project.provision()
    assert f"the DNS has no address of {OTHER} yet" in run.text
    assert project.on("lab1", f"ls {FOLDER}/current/names") == NAME
    status, headers, _ = ask(here, "/a?b=c", https=False)
    assert (status, headers["location"]) == (301, f"https://{NAME}/a?b=c")
    assert ask(here, https=False, name=OTHER)[0] == 200
    lead(project, acme, name=[here], other=[here])
    # As its timer does, without anybody's help.
    project.on("lab1", "systemctl start slipway_tls.service")
    assert project.on("lab1", f"ls {FOLDER}/current/names").split() == [NAME, OTHER]
    status, headers, body = ask(here, name=OTHER)
    assert (status, headers["strict-transport-security"]) == (200, "max-age=300")
    assert json.loads(body)["path"] == "/"
    assert "changed=0" in project.provision().text
    said = project.fab("status")
    assert (said.code, "certificate 59 d" in said.text) == (0, True), said.text


def test_a_renewal_by_certbot_reaches_visitors_and_none_of_them_is_lost(
    project: Project, acme: Acme, addresses: dict[str, str]
) -> None:
    here = addresses["lab1"]
    before = served(project, here)
    with visitors(here) as seen:
        # What certbot.service does, but not only with 30 days left.
        renew = "cd / && REQUESTS_CA_BUNDLE=/opt/slipway/tls/ca-bundle.pem certbot -q renew --no-random-sleep-on-renew"
        project.on("lab1", f"{renew} --force-renewal --cert-name slipway-secure")
        time.sleep(1)
    assert served(project, here) != before
    assert set(seen) == {200}
    assert len(seen) > 20
    assert "REQUESTS_CA_BUNDLE=/opt/slipway/tls/ca-bundle.pem" in project.on("lab1", "systemctl cat certbot.service")
    project.on("lab1", "systemctl is-active certbot.timer slipway_tls.timer")


def test_a_certificate_that_was_revoked_is_ordered_anew_with_another_key(
    project: Project, acme: Acme, addresses: dict[str, str]
) -> None:
    here = addresses["lab1"]
    before = served(project, here)
    bundle = "REQUESTS_CA_BUNDLE=/opt/slipway/tls/ca-bundle.pem"
    revoke = f"certbot revoke -n --server {acme.directory} --cert-name slipway-secure --reason keycompromise"
    project.on("lab1", f"cd / && {bundle} {revoke}")
    assert served(project, here) == before
    assert "changed=1" in project.provision().text
    assert served(project, here) != before


def test_an_attempt_that_the_issuer_refuses_is_told_in_one_line_and_not_repeated(
    project: Project, acme: Acme, addresses: dict[str, str]
) -> None:
    here = addresses["lab1"]
    project.configure(domains=[NAME, OTHER, "third.secure.test"])
    # The host finds it, the issuer does not.
    resolve(project.hosts, "lab1", "third.secure.test", here)
    before, began = served(project, here), acme.count("third.secure.test")
    run = project.provision()
    note = next(line for line in run.text.splitlines() if "certificate-not-ordered" in line)
    assert "third.secure.test: " in note
    assert "the next attempt is due" in note
    tried = acme.count("third.secure.test")
    assert tried > began
    assert "the next attempt is due" in project.provision().text
    project.on("lab1", "systemctl start slipway_tls.service")
    assert acme.count("third.secure.test") == tried
    assert served(project, here) == before
    assert "third.secure.test: its certificate is not for this domain" in project.fab("status").text
    project.on("lab1", f"rm {FOLDER}/state.json")
    project.configure(domains=[NAME, OTHER])
    assert "changed=2" in project.provision().text, "the site, and what is wanted"


def test_each_host_behind_a_name_gets_a_certificate_of_its_own_whichever_is_asked(
    project: Project, acme: Acme, addresses: dict[str, str]
) -> None:
    project.on_hosts = ("lab1", "lab2")
    project.configure(domains=[NAME])
    # The issuer asks lab1 only, and each host finds both.
    both = [addresses["lab1"], addresses["lab2"]]
    lead(project, acme, name=both)
    acme.say(NAME)
    acme.say(NAME, addresses["lab1"])
    run = project.provision()
    assert "certificate-not-ordered" not in run.text
    project.deploy()
    certificates = {served(project, address) for address in both}
    assert len(certificates) == 2
    assert {ask(address, https=False)[0] for address in both} == {301}
    assert project.fab("status").code == 0
    assert "changed=0" in project.provision().text
    project.on_hosts = ("lab1",)


def test_own_files_take_the_place_of_what_was_ordered_and_nothing_orders_any_more(
    project: Project, addresses: dict[str, str], tmp_path: Path
) -> None:
    leaf, key = certificate([NAME])
    (tmp_path / "own.pem").write_bytes(pem(leaf))
    (tmp_path / "own.key").write_bytes(key_pem(key))
    project.configure(domains=[NAME], tls={"certificate": str(tmp_path / "own.pem"), "key": str(tmp_path / "own.key")})
    project.provision()
    assert served(project, addresses["lab1"]) == ssl.PEM_cert_to_DER_cert(pem(leaf).decode())
    modes = project.on("lab1", f"stat -c '%U %a' {FOLDER}/own-key.pem {FOLDER}/current/privkey.pem")
    assert modes.splitlines() == ["root 600"] * 2
    assert project.hosts.run("lab1", "test -e /etc/letsencrypt/live/slipway-secure").returncode == 1
    assert "changed=0" in project.provision().text


def test_back_to_http_visitors_keep_https_until_a_release_has_switched(
    project: Project, addresses: dict[str, str]
) -> None:
    here = addresses["lab1"]
    project.configure(tls=None)
    assert "goes on serving" in project.provision().text
    assert ask(here)[0] == 200
    project.deploy()
    project.provision()
    assert ask(here, https=False)[0] == 200
    with pytest.raises(OSError):
        ask(here)
    left = f"ls -d {FOLDER} /etc/systemd/system/slipway_tls.timer"
    assert project.hosts.run("lab1", left).stdout == b""
    assert "changed=0" in project.provision().text


def test_another_program_on_port_443_is_named(project: Project) -> None:
    project.on("lab1", "systemd-run -q --unit=squatter python3 -m http.server 443")
    try:
        project.configure(tls="self-signed")
        run = project.fab("provision")
        assert run.code == 1
        assert "port 443 is held by python3: stop it there, or set app.tls.port to another port" in run.text
    finally:
        project.on("lab1", "systemctl stop squatter")


def test_a_removal_takes_certificate_and_port_443_away(project: Project, addresses: dict[str, str]) -> None:
    project.configure(tls="self-signed")
    project.provision()
    assert served(project, addresses["lab1"])
    run = project.fab("destroy", "--yes", "--delete-data")
    assert run.code == 0, run.text
    assert project.hosts.run("lab1", f"ls -d {FOLDER} /etc/nginx/sites-enabled/slipway-default-443.conf").stdout == b""
    with pytest.raises(OSError):
        served(project, addresses["lab1"])
