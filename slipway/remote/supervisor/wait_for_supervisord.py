"""Wait for a supervisord that is starting, for example after a reboot, and does not answer yet."""

from __future__ import annotations

import os
import time

from slipway.remote.host.proc import live
from slipway.remote.supervisor.list_and_stop_groups import POLL
from slipway.remote.supervisor.rpc import Down, call


def answers(supervisor: str, within: float = 15.0) -> bool:
    """Say whether the app's supervisord is there; False if none runs, or it does not answer in time.

    What changes its files first and asks then can be sure: a supervisord that is not there yet will read them changed,
    and one that is there, and may have read them before, can be told.

    Args:
        supervisor: path of its unix socket, in the app's folder.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            call(supervisor, "getState")
            return True
        except Down:
            if time.monotonic() > deadline or not lives(supervisor):
                return False
        time.sleep(POLL)


def lives(supervisor: str) -> bool:
    """Say whether a process is there that was started as the app's supervisord, by its command line."""
    conf = os.path.join(os.path.dirname(os.path.dirname(supervisor)), "conf", "supervisord.conf")
    for pid in live():
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                words = file.read().split("\0")
        except OSError:
            continue
        if conf in words and any(word.endswith("/supervisord") for word in words):
            return True
    return False
