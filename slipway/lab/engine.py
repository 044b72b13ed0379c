"""Defines Lab, and the interface that every engine implements."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from slipway.core.errors import SlipwayError

from .host_addresses import HostAddress
from .state import LabHost

Say = Callable[[str], None]

RUNNING, STOPPED, PAUSED, UNFINISHED = "running", "stopped", "paused", "unfinished"


class Unfit(SlipwayError):
    """An engine cannot make hosts on this machine; another one may."""


@dataclass(frozen=True)
class Lab:
    """One lab: the folder that holds its keys and state, and what is derived from it.

    Attributes:
        folder: absolute path; nothing of the lab lies outside of it, but its containers and image.
        release: the Debian release of its hosts ("12" or "13"), for engines that have a choice.
    """

    folder: Path
    release: str = "12"

    @property
    def id(self) -> str:
        """Tells this lab from those of other checkouts: its place on this machine, shortened."""
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]
        readable = re.sub(r"[^a-z0-9]+", "-", self.folder.parent.name.lower()).strip("-")[:20]
        return f"{readable}-{digest}" if readable else digest


@dataclass(frozen=True)
class Found:
    """A host as its engine knows it, whatever the lab's files say.

    Attributes:
        state: RUNNING, STOPPED, PAUSED, or UNFINISHED (an `up` was killed while making it).
    """

    name: str
    endpoint: HostAddress
    state: str
    container: str = ""


class Engine(Protocol):
    """Makes, starts and ends the lab's hosts. Names are those of the inventory (`lab1`)."""

    name: str

    def trouble(self) -> str:
        """Why this engine cannot be used here, in a few words; empty if nothing speaks against it."""

    def ready(self, lab: Lab, count: int, say: Say) -> None:
        """Make what all hosts need (an image), and find out how hosts can be run here.

        Args:
            count: how many hosts are about to be made.

        Raises:
            Unfit: this engine cannot make hosts here.
            SlipwayError: there are not enough free addresses or ports.
        """

    def found(self, lab: Lab) -> dict[str, Found]:
        """The lab's hosts, asked from the engine itself."""

    def held(self) -> set[HostAddress]:
        """The addresses of every lab of this engine on this machine, running or not."""

    def look(self, address: str, port: int) -> str:
        """Whether this engine could let a host listen there; see `host_addresses.look`."""

    def make(self, lab: Lab, name: str, endpoint: HostAddress) -> None:
        """Make a host and start it."""

    def start(self, lab: Lab, name: str) -> None:
        """Start a stopped host: same address, same host key, same disk."""

    def restart(self, lab: Lab, name: str) -> None:
        """Reboot a host in good order."""

    def kill(self, lab: Lab, name: str) -> None:
        """Pull a host's plug; `start` brings it back."""

    def pause(self, lab: Lab, name: str) -> None:
        """Freeze a host: connections stay, nothing answers."""

    def unpause(self, lab: Lab, name: str) -> None:
        """Let a frozen host go on."""

    def disconnect(self, lab: Lab, name: str) -> None:
        """Pull a host's network cable; its processes go on."""

    def reconnect(self, lab: Lab, name: str) -> None:
        """Put the cable back."""

    def host_key(self, lab: Lab, name: str) -> str:
        """A host's public key, read from its disk."""

    def log(self, lab: Lab, name: str) -> str:
        """The last lines a host said, to explain why it does not answer."""

    def remove(self, lab: Lab, names: Collection[str]) -> None:
        """Remove hosts with all they hold."""

    def clear(self, lab: Lab, keep_image: bool) -> None:
        """Remove whatever else was made for labs, unless another lab uses it."""

    def describe(self, lab: Lab, found: Found) -> LabHost:
        """The host as the inventory reads it."""
