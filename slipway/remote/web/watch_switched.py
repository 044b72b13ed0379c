"""Watch a release after the switch: its health through nginx, and the answers that visitors get.

Options:
    as for `ask`: host, https, address, port, health, pass, timeout (seconds for one answer).
    access_log: nginx's access log of the site; what is written there from now on is judged. null: only health.
        While the site is closed for maintenance, visitors get 503 by intention, and only health is judged.
    log: the web server's log: there its workers' deaths are counted.
    seconds: how long to watch.
    most: the share of answers with 5xx, from 0 to 1, that is borne; three are borne in any case.

Facts: `watched` {"seconds", "answers", "errors"}.
"""

from __future__ import annotations

import re
import time

from slipway.remote.host.program_io import Failed, fact, run, size, with_log
from slipway.remote.web.follow_redirects import follow
from slipway.remote.web.send_health_check import Question, complaint, passing, question_of
from slipway.remote.web.worker_deaths import worker_deaths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PAUSE = 1.0
FEW = 3
ANSWERED = re.compile(rb'" (\d{3}) ')


def main(options: dict[str, Any]) -> None:
    """Ask and count once a second, until the time is up or it has gone wrong."""
    address = (options.get("address", "127.0.0.1"), options["port"])
    log, began, since = Log(options.get("access_log")), time.monotonic(), time.time()
    while True:
        word = passing(options.get("pass"))
        check(question_of(options, address, word), options)
        log.read(judge=not word)
        died = worker_deaths(options["log"], since) if options.get("log") else []
        if len(died) > FEW:
            raise Failed(with_log(f"Workers of the web server died {len(died)} times: {died[-1]}.", options["log"]))
        if log.errors > max(FEW, options["most"] * log.answers):
            raise Failed(
                f"{log.errors} of {log.answers} answers to visitors were 5xx since the switch.\n"
                f"See {options.get('access_log')} and the app's log."
            )
        if time.monotonic() - began >= options["seconds"]:
            break
        time.sleep(min(PAUSE, max(0.0, options["seconds"] - (time.monotonic() - began))))
    fact("watched", {"seconds": options["seconds"], "answers": log.answers, "errors": log.errors})


def check(question: Question, options: dict[str, Any]) -> None:
    """Ask once; anything but a good answer is a failure."""
    try:
        answer = follow(question, options["timeout"])
    except OSError as error:
        raise Failed(f"{question} got no answer through nginx: {error.strerror or error}") from error
    reason = complaint(question, answer)
    if reason:
        raise Failed(reason)


class Log:
    """An access log from now on; counts answers, and those with 5xx."""

    def __init__(self, path: str | None) -> None:
        self.path = path
        self.place = size(path)
        self.answers = 0
        self.errors = 0

    def read(self, judge: bool = True) -> None:
        """Count what has come since the last time, or skip it; a log that was rotated is read from its beginning."""
        if not self.path:
            return
        if size(self.path) < self.place:
            self.place = 0
        try:
            with open(self.path, "rb") as file:
                file.seek(self.place)
                lines = file.read()
        except OSError:
            return
        whole = lines[: lines.rfind(b"\n") + 1]
        self.place += len(whole)
        for status in ANSWERED.findall(whole) if judge else ():
            self.answers += 1
            self.errors += status.startswith(b"5")


if __name__ == "__main__":
    run(main)
