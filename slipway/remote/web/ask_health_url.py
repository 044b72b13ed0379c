"""Ask the app for its health URL, through nginx as a visitor does, or directly at its socket.

Options:
    host, https, https_redirect: the Host header to send, and whether to say that the visitor came by https, and whether
        the app may redirect to https although `https` is false.
    port: of nginx, address: 127.0.0.1 if not given; or socket: path of a unix socket.
    health: path to ask, which must answer 2xx; null: "/", where any answer but 400 and 5xx is healthy.
    times: how many good answers are needed (1 if not given).
    retries: how many refused connections are borne (20 if not given); nothing else is tried again.
    timeout: seconds for everything.
    log: path of a log whose end explains a bad answer.
    pass: folder with the word that passes nginx in maintenance.

Facts: `answer` {"status", "ms"}: of the slowest answer.
"""

from __future__ import annotations

import time

from slipway.remote.host.program_io import Failed, fact, run, with_log
from slipway.remote.web.follow_redirects import follow
from slipway.remote.web.send_health_check import Answer, Question, complaint, passing, question_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PAUSE = 0.05


def main(options: dict[str, Any]) -> None:
    """Ask until there were enough good answers, or one that is not good."""
    address = options.get("socket") or (options.get("address", "127.0.0.1"), options["port"])
    word = passing(options.get("pass"))
    question = question_of(options, address, word)
    deadline = time.monotonic() + options["timeout"]
    slowest: Answer | None = None
    for _ in range(options.get("times", 1)):
        answer = patiently(question, options.get("retries", 20), deadline)
        reason = complaint(question, answer)
        if reason:
            raise Failed(with_log(f"{reason.strip()}", options.get("log")))
        if slowest is None or answer.seconds > slowest.seconds:
            slowest = answer
    if slowest:
        fact("answer", {"status": slowest.status, "ms": round(slowest.seconds * 1000, 1)})


def patiently(question: Question, retries: int, deadline: float) -> Answer:
    """Ask once; again only where nobody listens yet."""
    where = question.address if isinstance(question.address, str) else "{}:{}".format(*question.address)
    while True:
        try:
            return follow(question, deadline - time.monotonic())
        except (ConnectionRefusedError, FileNotFoundError):
            retries -= 1
            if retries < 0 or time.monotonic() > deadline:
                hint = "" if isinstance(question.address, str) else "\nDoes nginx run? `systemctl status nginx` tells."
                raise Failed(f"Nobody listens at {where} ({question}).{hint}") from None
            time.sleep(PAUSE)
        except OSError as error:
            raise Failed(f"{question} at {where}: {error.strerror or error}.") from None


if __name__ == "__main__":
    run(main)
