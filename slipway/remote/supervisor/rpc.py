"""Call supervisord by XML-RPC over its unix socket: importing xmlrpc.client takes 20 ms, a call here 0.4 ms.

The socket lies in a folder that the app may write: it may be a link to another app's, or something else may answer. So
only the app's own account is asked, and what it answers is believed to be no more than an answer of the app.
"""

from __future__ import annotations

import re
import socket
import time

from slipway.remote.host.program_io import Failed
from slipway.remote.host.refuse_foreign_socket import Stranger, app_account

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Fault codes of supervisor/xmlrpc.py, class Faults.
BAD_NAME = 10
NOT_RUNNING = 70
STILL_RUNNING = 91
ALREADY_ADDED = 90
CANT_REREAD = 92

CALL = '<?xml version="1.0"?><methodCall><methodName>supervisor.{}</methodName><params>{}</params></methodCall>'
TOKEN = re.compile(r"<(/?\w+)/?>([^<]*)")
ANSWER_SECONDS = 10.0  # seconds for a whole answer
ANSWER_LIMIT = 1 << 22  # bytes of an answer; ten processes are 10 KB
ANSWER_DIGITS = 20


REPLACED = (
    "Something of the app has taken its place: look at what the app runs, then restart it "
    "(`sudo systemctl restart` its unit, or `fab provision` without root)."
)


class Down(Failed):
    """There is no supervisord of the app at the socket."""


class Fault(Failed):
    """supervisord refused a call; `code` is one of its fault codes."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"supervisord: {text}")
        self.code = code


def call(path: str, method: str, *args: str | bool) -> Any:
    """Call a method of supervisord's own namespace.

    Args:
        path: supervisord's unix socket.
        method: such as `addProcessGroup`.
        args: strings and booleans.

    Raises:
        Down: nobody answers there. Fault: supervisord refuses.
    """
    body = CALL.format(method, "".join(f"<param>{encode(arg)}</param>" for arg in args)).encode()
    head = f"POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    try:
        values = decode(exchange(path, head.encode() + body))
    except Stranger as stranger:
        raise Down(f"{path} is not the app's supervisord: {stranger.strerror}.\n{REPLACED}") from None
    except OSError as error:
        reason = error.strerror or "no answer"
        raise Down(
            f"The app's supervisord does not answer at {path}: {reason}.\n"
            "Start it (`sudo systemctl start` its unit, or `fab provision`) and try again."
        ) from error
    except (ValueError, LookupError, TypeError):
        raise nonsense(path) from None
    value = values[0] if values else None
    if isinstance(value, dict) and "faultCode" in value:
        code, text = value["faultCode"], value.get("faultString")
        if not isinstance(code, int) or not isinstance(text, str):
            raise nonsense(path)
        raise Fault(code, text)
    return value


def nonsense(path: str) -> Down:
    """Return the error for an answer that no supervisord gives."""
    return Down(f"What answers at {path} is not the app's supervisord: its answer makes no sense.\n{REPLACED}")


def account(path: str) -> int:
    """Return the user id of the app's supervisord.

    Raises:
        Down: nobody listens there, or somebody else does.
    """
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(path)
            return app_account(connection, path)
    except OSError as error:
        raise Down(f"The app's supervisord does not answer at {path}: {error.strerror or 'no answer'}.") from None


def exchange(path: str, request: bytes) -> str:
    """Send a request to the app's own supervisord, return the body of the answer."""
    deadline = time.monotonic() + ANSWER_SECONDS
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(path)
        app_account(connection, path)
        connection.sendall(request)
        answer = b""
        while True:
            connection.settimeout(max(deadline - time.monotonic(), 0.01))
            data = connection.recv(65536)
            answer += data
            head, _, body = answer.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\ncontent-length: *(\d{1,9})", head)
            if not data or (length and body and len(body) >= int(length[1])):
                break
            if len(answer) > ANSWER_LIMIT:
                raise ValueError("the answer does not end")
    if not re.match(rb"HTTP/1\.\d 200 ", head):
        raise ConnectionError(0, head.split(b"\r\n")[0][:100].decode("latin-1") or "it closed the connection")
    return body.decode("utf-8")


def encode(value: str | bool) -> str:
    """Write one argument as XML."""
    if isinstance(value, bool):
        return f"<value><boolean>{int(value)}</boolean></value>"
    text = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<value><string>{text}</string></value>"


def decode(xml: str) -> list[Any]:
    """Read the values of an answer: strings, numbers, booleans, arrays as lists and structs as dicts."""
    stack: list[list[Any]] = [[]]
    for tag, escaped in TOKEN.findall(xml):
        text = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        if tag in ("array", "struct"):
            stack.append([])
        elif tag == "/array":
            items = stack.pop()
            stack[-1].append(items)
        elif tag == "/struct":
            items = stack.pop()
            stack[-1].append(dict(zip(items[::2], items[1::2])))
        elif tag in ("string", "name"):
            stack[-1].append(text)
        elif tag in ("int", "i4", "i8", "double"):
            stack[-1].append(float(text) if tag == "double" else int(text[:ANSWER_DIGITS]))
        elif tag in ("boolean", "nil"):
            stack[-1].append(text == "1" if tag == "boolean" else None)
    return stack[0]
