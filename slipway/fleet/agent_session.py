"""Talks to the agent on one host: the client side of `agent.sh`, over one channel of one SSH connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from slipway.core.errors import SlipwayError
from slipway.core.shell import PRELUDE, Script
from slipway.fleet.marked_lines import masked
from slipway.fleet.read_script_result import KILLED, Hear, collect
from slipway.fleet.ssh_connect import disconnect
from slipway.fleet.start_agent import (
    PIECE,
    READY_TIMEOUT,
    AgentOptions,
    Busy,
    NotProvisioned,
    Refused,
    start,
    wait_until_ready,
)
from slipway.model.outcome import Result

if TYPE_CHECKING:
    from fabric import Connection

    from slipway.env.dotenv import Secret
    from slipway.inventory import Host
    from slipway.model.step import Step, Upload

# Seconds that we wait for an agent which was told to leave: one near by has left by then, and one far away, which has
# been told, is gone before anybody can log in again.
GOODBYE = 0.02
BEATS = 6  # signs of life in the time after which the other side would give us up


class Lost(SlipwayError):
    """The connection broke; the host, which notices it too, reverts itself."""


class Session:
    """Runs scripts on one host, one at a time, for as long as the connection lives.

    Args:
        connection: an open one; closed with the session, or if there can be none.
        options: what the agent is to hold.
        name: the host's, for messages.
        first: asked, once the agent is on its way, for the script that `run` will be given first. It is sent at once,
            which saves a round trip, and begins before `run` is called.

    Raises:
        Busy: someone else holds the lock. NotProvisioned: the app has no folder there.
        Refused: no bash, no sudo, or a lock that we may not write.
    """

    def __init__(
        self,
        connection: Connection,
        options: AgentOptions,
        name: str,
        first: Callable[[], Script | None] = lambda: None,
    ) -> None:
        self.name = name
        self._connection = connection
        self._silence = options.silence
        self._running = threading.Lock()
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._jobs = 0
        self._ahead: Script | None = None
        deadline = threading.Timer(READY_TIMEOUT, self.cut)
        deadline.daemon = True
        deadline.start()
        try:
            self._channel, self._lines = start(connection, options, name)
            self._ahead = first()
            if self._ahead:
                self._order(self._ahead)
            wait_until_ready(self._channel, self._lines, name)
        except Refused as error:
            late = self._over.is_set()
            self.cut()
            raise Refused(f"{name}: no answer within {READY_TIMEOUT} s", hint=error.hint) if late else error from error
        except BaseException:
            self.cut()
            raise
        finally:
            deadline.cancel()
        threading.Thread(target=self._beat, daemon=True, name=f"beat {name}").start()

    def run(
        self,
        script: Script,
        payload: bytes = b"",
        hear: Hear | None = None,
        unless: Callable[[], bool] = lambda: False,
        now: bool = False,
        secrets: Collection[Secret] = (),
    ) -> Result:
        """Run a script to its end; one that still runs comes first.

        Args:
            script: bash without the prelude.
            payload: what the script reads from its standard input.
            hear: called with (kind, text) for each line: kind is `line`, `step`, `note` or `fact`.
            unless: asked at the last moment, when no `kill` can come in between: if true, nothing runs.
            now: nothing stops it once it has arrived; for something short, without a payload.
            secrets: what is masked in all that it prints.

        Returns:
            How it ended; code 143 if it was killed, or did not run for `unless`.

        Raises:
            Lost: the connection broke; what the script did is unknown, and the host undoes it by itself.
        """
        with self._running:
            begun = self._take_over(script)
            with self._writing:
                if unless() and not (begun and now):
                    return Result(code=KILLED)
                if not begun:
                    self._order(script, payload, now)
            result = collect(masked(self._lines, secrets) if secrets else self._lines, self._jobs, hear)
        if result is None:
            raise self._lost()
        return result

    def send_now(self, script: Script) -> None:
        """Send a short script that nothing stops, and do not wait: `run`, given the same, hears how it ended.

        Raises:
            Lost: the connection broke.
        """
        with self._running, self._writing:
            self._order(script, now=True)
            self._ahead = script

    def _order(self, script: Script, payload: bytes = b"", now: bool = False) -> None:
        """Send a script to be run; what it says comes with its number."""
        text = f"{PRELUDE}{script}\n".encode()
        self._jobs += 1
        if now:
            self._send(b"now %d %d\n%b" % (self._jobs, len(text), text))
        else:
            self._send(b"run %d %d %d\n" % (self._jobs, len(text), len(payload)))
            self._send(text)
            self._send(payload and payload + b"\n")

    def _take_over(self, script: Script | None) -> bool:
        """Whether a script has been sent already; another one that was, and that nobody wants, is waited for."""
        ahead, self._ahead = self._ahead, None
        if ahead and ahead != script:
            collect(self._lines, self._jobs)
        return bool(ahead) and ahead == script

    def send(self, host: Host, upload: Upload) -> None:
        """Bring a local folder or file to the host; see `slipway.fleet.rsync`."""
        from slipway.fleet.rsync import send

        send(self._connection, host, upload)

    def fetch(self, steps: Iterable[Step], unless: Callable[[], bool] = lambda: False) -> None:
        """Bring here what steps that have ended want to be brought; see `slipway.fleet.fetch_output`."""
        for step in steps:
            if step.download:
                from slipway.fleet.fetch_output import fetch

                fetch(self._connection, self.name, step.download, self._silence, unless)

    def kill(self) -> None:
        """End the running script with all its processes; `run` then returns code 143.

        Where it is still being sent, and the connection is slow, the connection is cut, with the same effect.
        """
        if not self._writing.acquire(timeout=1):
            self.cut()
            return
        try:
            self._send(b"kill\n")
        finally:
            self._writing.release()

    def close(self) -> None:
        """Let go of the lock and leave. While a script runs this means that we are lost."""
        if self._running.acquire(blocking=False):
            try:
                self._over.set()
                self._take_over(None)
                with self._writing:
                    self._send(b"bye\n")
                self._channel.settimeout(GOODBYE)
                for _ in self._lines:
                    pass
            except Lost:
                pass
            finally:
                self._running.release()
        self.cut()

    def cut(self) -> None:
        """Break the connection: whatever waits for it ends, and the host reverts itself if there is need."""
        self._over.set()
        disconnect(self._connection)

    def _beat(self) -> None:
        """Show signs of life, until the session is over; whoever is sending just now shows enough of them."""
        while not self._over.wait(self._silence / BEATS):
            if not self._writing.acquire(blocking=False):
                continue
            try:
                self._send(b"\n")
            except Lost:
                return
            finally:
                self._writing.release()

    def _send(self, data: bytes) -> None:
        from paramiko import SSHException

        try:
            for start in range(0, len(data), PIECE):  # sendall copies all that is left for each packet
                self._channel.sendall(data[start : start + PIECE])
        except (OSError, EOFError, SSHException) as error:
            raise self._lost() from error

    def _lost(self) -> Lost:
        return Lost(
            f"{self.name}: the connection was lost",
            hint=f"The host notices it within {self._silence} s, and reverts itself if anything was begun.",
        )


__all__ = ["AgentOptions", "Busy", "Lost", "NotProvisioned", "Refused", "Session"]
