"""The engine podman: it knows systemd, and needs no daemon."""

from __future__ import annotations

from .containers import ContainerEngine


class Podman(ContainerEngine):
    name = "podman"
    binary = "podman"
    boot_flags = (("--systemd=always", "--cap-add", "NET_ADMIN"),)
    remove_words = ("rm", "-f", "-v", "-t", "0")
