"""Ask a service in its own protocol whether it serves: PostgreSQL, redis, memcached."""

from __future__ import annotations

import errno
import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PG_PROTOCOL = 196608
PG_SSL = 80877103
PG_STARTING = ("57P03", "57P01", "57P02", "53300")  # it starts, it stops, it has no connection to spare
LIMIT = 1 << 16  # bytes of an answer


class NotReady(Exception):
    """The service does not serve yet; the text says why."""


class Refuses(Exception):
    """The service is there, and will have nothing of us, however long we wait."""


def answer_of(service: dict[str, Any], timeout: float) -> str:
    """Return the version that a service tells, or nothing where it tells none without a password.

    Raises:
        NotReady, Refuses: it does not serve.
    """
    try:
        with connected(service, timeout) as sock:
            if service["kind"] == "postgres":
                return ask_postgres(sock, service)
            return ask_redis(sock) if service["kind"] == "redis" else ask_memcached(sock)
    except OSError as error:
        raise NotReady(words(error)) from None


def words(error: OSError) -> str:
    """Return what the system says of an error."""
    if isinstance(error, socket.timeout):
        return "no answer"
    if isinstance(error, socket.gaierror):
        return f"no address is known: {error.strerror}"
    code: int = error.errno or 0
    if code in (errno.ENOENT, errno.ECONNREFUSED):
        return "nothing listens there"
    return os.strerror(code) if code else str(error) or "no answer"


def place_of(service: dict[str, Any]) -> str:
    """Return where a service is, for people."""
    host, port = str(service["host"]), service["port"]
    if host.startswith("/"):
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def connected(service: dict[str, Any], timeout: float) -> socket.socket:
    """Return a connection to a service, in TLS where it wants that."""
    host, port, kind = service["host"], service["port"], service["kind"]
    if host.startswith("/"):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(timeout)
        sock.connect(f"{host}/.s.PGSQL.{port or 5432}" if kind == "postgres" else host)
        return sock
    sock = socket.create_connection((host, port), timeout)
    if service["tls"]:
        if kind == "postgres":
            sock.sendall((8).to_bytes(4, "big") + PG_SSL.to_bytes(4, "big"))
            if sock.recv(1) != b"S":
                raise Refuses("it offers no TLS")
        import ssl

        # Nothing secret is sent here: whether the certificate is right is for the app's own driver to say.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context.wrap_socket(sock, server_hostname=host)
    return sock


def ask_postgres(sock: socket.socket, service: dict[str, Any]) -> str:
    """Begin a session as far as it goes without a password."""
    pairs = ("user", service["user"], "database", service["name"] or service["user"])
    body = PG_PROTOCOL.to_bytes(4, "big") + b"".join(word.encode() + b"\0" for word in pairs) + b"\0"
    sock.sendall((len(body) + 4).to_bytes(4, "big") + body)
    version = ""
    while True:
        kind, content = pg_message(sock)
        if kind == b"E":
            fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in content.split(b"\0") if part}
            code, said = fields.get(b"C", ""), fields.get(b"M", "")
            raise (NotReady if code in PG_STARTING else Refuses)(said)
        if kind == b"R" and content[:4] != b"\0\0\0\0":
            return ""  # it asks for the password: it serves
        if kind == b"S" and content.startswith(b"server_version\0"):
            version = content.split(b"\0")[1].decode("utf-8", "replace").partition(" ")[0]
        if kind == b"Z":
            sock.sendall(b"X\0\0\0\4")
            return version


def pg_message(sock: socket.socket) -> tuple[bytes, bytes]:
    """Return the kind of one message of PostgreSQL's, and what it holds."""
    head = exactly(sock, 5)
    size = int.from_bytes(head[1:], "big") - 4
    if not 0 <= size <= LIMIT:
        raise Refuses("what answers there is no PostgreSQL")
    return head[:1], exactly(sock, size)


def exactly(sock: socket.socket, size: int) -> bytes:
    """Return so many bytes."""
    found = b""
    while len(found) < size:
        part = sock.recv(size - len(found))
        if not part:
            raise NotReady("it closed the connection")
        found += part
    return found


def line_of(sock: socket.socket) -> str:
    """Return one line of an answer."""
    found = b""
    while b"\n" not in found and len(found) < LIMIT:
        part = sock.recv(1024)
        if not part:
            raise NotReady("it closed the connection")
        found += part
    return found.split(b"\n")[0].strip().decode("utf-8", "replace")


def ask_redis(sock: socket.socket) -> str:
    """Ask for a sign of life; to be asked for a password is one."""
    sock.sendall(b"PING\r\n")
    said = line_of(sock)
    if said.startswith(("-LOADING", "-BUSY", "-MASTERDOWN")):
        raise NotReady(said.lstrip("-"))
    if not said.startswith(("+PONG", "-NOAUTH", "-NOPERM")):
        raise Refuses(said.lstrip("-") or "what answers there is no redis")
    return ""


def ask_memcached(sock: socket.socket) -> str:
    """Ask for the version."""
    sock.sendall(b"version\r\n")
    said = line_of(sock)
    if not said.startswith("VERSION "):
        raise Refuses("what answers there is no memcached")
    return said.partition(" ")[2]
