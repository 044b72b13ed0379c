"""Opens the TCP connection under SSH, tuned for many small messages."""

from __future__ import annotations

import socket

CONNECT_TIMEOUT = 10  # seconds

# Option -> value; for what this system knows of them, see tcp(7). They end a connection whose other end has
# vanished after half a minute, where TCP alone would go on for a quarter of an hour.
_OPTIONS = (
    ("TCP_NODELAY", 1),
    ("TCP_KEEPIDLE", 10),  # seconds
    ("TCP_KEEPINTVL", 5),  # seconds
    ("TCP_KEEPCNT", 4),
    ("TCP_USER_TIMEOUT", 30_000),  # milliseconds
)


class PromptSocket(socket.socket):
    """Acknowledges at once what it receives.

    sshd does not send the next small packet before the last one is acknowledged, and Linux takes up to 40 ms
    with that when it has nothing to say. It forgets TCP_QUICKACK again by itself, tcp(7).
    """

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        data = super().recv(size, flags)
        if hasattr(socket, "TCP_QUICKACK"):
            self.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return data


def dial(host: str, port: int) -> socket.socket:
    """Connect to the first address of a host that answers.

    Raises:
        OSError: none does, or the name has no address.
    """
    plain = socket.create_connection((host, port), timeout=CONNECT_TIMEOUT)
    prompt = PromptSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
    prompt.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS:
        if hasattr(socket, name):
            prompt.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return prompt
