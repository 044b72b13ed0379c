"""Ask nginx, as a visitor does, whether it serves the page of `fab maintenance.on`.

Options:
    host, https: the Host header to send, and whether to say that the visitor came by https.
    address, port: of nginx.
    retry_after: seconds; the page says so in its header.
    timeout: seconds until the page has to be there, and for each answer.
"""

from __future__ import annotations

import re
import time

from slipway.remote.host.program_io import Failed, run
from slipway.remote.web.send_health_check import Answer, Question, ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PAUSE = 0.1


def main(options: dict[str, Any]) -> None:
    """Ask until the page is served: an nginx that remembers which files there are may take a moment."""
    question = Question((options["address"], options["port"]), None, options["host"], bool(options.get("https")))
    deadline = time.monotonic() + options["timeout"]
    while True:
        try:
            answer = ask(question, options["timeout"])
        except OSError as error:
            where = "{}:{}".format(options["address"], options["port"])
            raise Failed(
                f"{question} at {where}: {error.strerror or error}; is nginx there, and does it run?"
            ) from None
        if is_page(answer, options["retry_after"]):
            return
        if time.monotonic() > deadline:
            break
        time.sleep(PAUSE)
    raise Failed(
        f"nginx does not serve the page, but {answer.status}: run `fab provision` first, then this again.\n"
        "Its site was set up before there was a maintenance page. If it was not, then a template nginx.conf.j2 of your "
        "own lacks the blocks `visitors` and `maintenance` of the shipped one, or answers before they do."
    )


def is_page(answer: Answer, retry_after: int) -> bool:
    """Whether an answer is the page that was just put there."""
    wait = re.search(r"(?i)\nretry-after: *(\d+)", answer.head)
    return answer.status == 503 and wait is not None and int(wait[1]) == retry_after


if __name__ == "__main__":
    run(main)
