"""The engine podman: it supports systemd, and needs no daemon."""

from __future__ import annotations

from collections.abc import Sequence

from .containers import ContainerEngine


class Podman(ContainerEngine):
    name = "podman"
    binary = "podman"
    remove_words = ("rm", "-f", "-v", "-t", "0")

    def boot_flags(self) -> Sequence[Sequence[str]]:
        return (("--systemd=always", "--cap-add", "NET_ADMIN"),)
