"""Defines what is made of a service: for which app, on which host, for which other hosts."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from slipway.core.shell import Script, python_from, sh
from slipway.env.dotenv import Redacted, Secret
from slipway.model.step import Step
from slipway.remote import program

if TYPE_CHECKING:
    from slipway.inventory import Host
    from slipway.inventory.app import App
    from slipway.inventory.services_of_hosts import Service

LONGEST_ACCOUNT = 31  # characters, useradd(8)
CONFIGURATION = PurePosixPath("/etc/slipway/services")


class ServiceSite(Redacted, frozen=True):
    """One service of one app on the host that runs it.

    Attributes:
        host: of the service. app: whose service it is.
        address: where the host offers it to others. clients: addresses of the app's other hosts, by name.
        password: None where none is needed.
        keep: names of hosts that could not be asked: what they may reach stays so.
        unsure: hosts that could not be asked, and may know a password that nobody else knows.
        restart: whether it may be restarted although it serves.
        templates: the user's own.
    """

    UNSHOWN = frozenset({"password"})

    host: Host
    app: App
    service: Service
    address: str = ""
    clients: Mapping[str, str] = {}
    password: Secret | None = None
    keep: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    restart: bool = False
    templates: Path | None = None

    @property
    def instance(self) -> str:
        """What is made for this app alone is called so."""
        return f"{self.service.kind}-{self.service.database}"

    @property
    def account(self) -> str:
        """The account that runs what is made for this app alone; names of accounts are short."""
        if len(self.instance) <= LONGEST_ACCOUNT:
            return self.instance
        return f"{self.instance[: LONGEST_ACCOUNT - 7]}-{sha256(self.instance.encode()).hexdigest()[:6]}"

    def step(self, name: str, options: Script, verifier: str) -> Step:
        """Run a program that makes the service.

        The verifier of the password, which is all that the host gets of it, is no word of a command line: bash prints
        it by itself, into a pipe.
        """
        words = sh('{{options}} 3< <(printf %s "$verifier")', options=options)
        script = sh("verifier=$(take)\n{{run}}", run=python_from(program(name), words))
        kind, service = self.service.kind, self.service.name
        return Step(f"service-{service}", f"make the service {service} ({kind})", script, lambda _: verifier.encode())
