"""An issuer of certificates on a lab host: pebble, with the DNS that it believes."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.hosts.hosts import Hosts

DAYS = 60
POST = "import sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1], sys.stdin.buffer.read()))"
INSTALL = """
if ! command -v pebble > /dev/null; then
  apt-get -q update > /dev/null
  DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends pebble > /dev/null
fi
mkdir -p /root/pebble
cd /root/pebble
tar -xf -
systemctl stop pebble-test pebble-dns-test 2> /dev/null || true
systemctl reset-failed pebble-test pebble-dns-test 2> /dev/null || true
systemd-run -q --unit=pebble-dns-test pebble-challtestsrv -defaultIPv6 '' -defaultIPv4 '' \\
  -http01 '' -https01 '' -tlsalpn01 '' -dns01 127.0.0.1:8053 -management 127.0.0.1:8055
systemd-run -q --unit=pebble-test -E PEBBLE_VA_NOSLEEP=1 -E PEBBLE_WFE_NONCEREJECT=0 -E PEBBLE_AUTHZREUSE=0 \\
  pebble -config /root/pebble/config.json -dnsserver 127.0.0.1:8053
for try in {1..100}; do
  if (exec 3<> /dev/tcp/127.0.0.1/14000 && exec 3<> /dev/tcp/127.0.0.1/8055) 2> /dev/null; then exit 0; fi
  sleep 0.1
done
journalctl -u pebble-test -u pebble-dns-test -n 20 -o cat
exit 1
"""


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key as files have it."""
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def certificate(
    names: list[str],
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None,
    *,
    days: float = DAYS,
    begins: float = -1,
    ca: bool = False,
    common: str = "test",
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Make a certificate and its key; signed by itself where no issuer is given."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    return made.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def pem(*certificates: x509.Certificate) -> bytes:
    """Certificates as files have them."""
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)


@dataclass
class Acme:
    """Pebble on a host.

    Attributes:
        host: its name. address: where hosts reach it. ca: file on this machine: who signed its own certificate.
    """

    hosts: Hosts
    host: str
    address: str = ""
    ca: Path = field(default_factory=Path)

    @property
    def directory(self) -> str:
        return "https://acme.test:14000/dir"

    def start(self, folder: Path) -> None:
        """Install it where it is not there, and start it anew."""
        from slipway.provision.check_operator_certificate import pack

        self.address = address_of(self.hosts, self.host)
        root = certificate([], ca=True, common="test CA")
        own, key = certificate(["acme.test"], root)
        config = {
            "listenAddress": "0.0.0.0:14000",
            "managementListenAddress": "127.0.0.1:15000",
            "certificate": "/root/pebble/cert.pem",
            "privateKey": "/root/pebble/key.pem",
            "httpPort": 80,
            "tlsPort": 443,
            "ocspResponderURL": "",
            "certificateValidityPeriod": DAYS * 86400,
        }
        files = {"cert.pem": pem(own), "key.pem": key_pem(key), "config.json": json.dumps({"pebble": config}).encode()}
        self.ca = folder / "acme-ca.pem"
        self.ca.write_bytes(pem(root[0]))
        self.hosts.on(self.host, INSTALL, pack(files))

    def say(self, name: str, *addresses: str) -> None:
        """Have the issuer's DNS say where a name is; no address: nowhere."""
        told = {"host": name, **({"addresses": addresses} if addresses else {})}
        what = "add-a" if addresses else "clear-a"
        self.hosts.on(
            self.host, f"python3 -c {shlex.quote(POST)} http://127.0.0.1:8055/{what}", json.dumps(told).encode()
        )

    def count(self, what: str) -> int:
        """How often its log has some words."""
        return int(
            self.hosts.on(self.host, f"journalctl -u pebble-test -o cat | grep -cF -- {shlex.quote(what)} || true")
        )


def address_of(hosts: Hosts, name: str) -> str:
    """Where other hosts of the lab reach one."""
    return hosts.on(name, "hostname -I").split()[0]


def resolve(hosts: Hosts, host: str, name: str, address: str = "") -> None:
    """Have a host find a name at some address; without one not at all."""
    line = f"echo {shlex.quote(f'{address} {name}')} >> /etc/hosts" if address else ":"
    hosts.on(host, f"grep -vwF -- {shlex.quote(name)} /etc/hosts > /tmp/hosts; cat /tmp/hosts > /etc/hosts; {line}")
