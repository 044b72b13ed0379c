"""Defines where certificates and what orders them lie on a host; all of it is root's, and the app writes none of it."""

from __future__ import annotations

from pathlib import PurePosixPath

from msgspec import Struct


class TlsPaths(Struct, frozen=True):
    """Every remote path of TLS.

    Attributes:
        home: what Slipway keeps on the host for all apps.
        app: the app's name.
    """

    home: PurePosixPath
    app: str

    @property
    def root(self) -> PurePosixPath:
        """What belongs to all apps: the program that orders certificates, the folder of challenges."""
        return self.home / "tls"

    @property
    def folder(self) -> PurePosixPath:
        return self.root / "apps" / self.app

    @property
    def current(self) -> PurePosixPath:
        """A link to the folder with the certificate that nginx reads."""
        return self.folder / "current"

    @property
    def certificate(self) -> PurePosixPath:
        return self.current / "fullchain.pem"

    @property
    def key(self) -> PurePosixPath:
        return self.current / "privkey.pem"

    @property
    def names(self) -> PurePosixPath:
        """A file for each domain that the certificate is for, once it is one that visitors are sent to."""
        return self.current / "names"

    @property
    def wanted(self) -> PurePosixPath:
        """What is to be ordered, as JSON; none: nothing is."""
        return self.folder / "wanted.json"

    @property
    def peers(self) -> PurePosixPath:
        """The other hosts of the app, as lines of an nginx upstream."""
        return self.folder / "peers.conf"

    @property
    def webroot(self) -> PurePosixPath:
        """Holds `.well-known/acme-challenge`, where certbot puts its proofs."""
        return self.root / "challenges"

    @property
    def program(self) -> PurePosixPath:
        return self.root / "certificates.py"

    @property
    def unknown_names(self) -> PurePosixPath:
        """The certificate for names that no app has: any handshake needs one."""
        return self.root / "apps" / ".unknown" / "current"
