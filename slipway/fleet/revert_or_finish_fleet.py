"""Recovers after a failure: reverts every host, or finishes the operation where all hosts had committed already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import wait
from functools import partial
from typing import TYPE_CHECKING

from slipway.core.shell import Script
from slipway.fleet.daemon_threads import start
from slipway.fleet.revert_or_finish_host import finish_script, run_even_if_lost, undo_script
from slipway.model.outcome import HostOutcome, Outcome, Result

if TYPE_CHECKING:
    from slipway.fleet.agent_session import AgentOptions, Session
    from slipway.fleet.connections import Connections
    from slipway.fleet.reporter import SafeReporter
    from slipway.inventory import Host


class Recovery:
    """Tells hosts what to do about their journals, also those that were lost meanwhile.

    Args:
        hosts, sessions: by name; the fleet's own, which change. connections: log in again to hosts that were lost.
        reporter: is told what is undone.
    """

    def __init__(
        self, hosts: Mapping[str, Host], connections: Connections, sessions: dict[str, Session], reporter: SafeReporter
    ) -> None:
        self._hosts, self._connections, self._sessions, self._reporter = hosts, connections, sessions, reporter

    def revert(self, outcome: Outcome, begun: Collection[str]) -> None:
        """Revert every host on which anything was begun, at once.

        Raises:
            KeyboardInterrupt: it was pressed for the second time.
        """
        names = [name for name in self._hosts if name in begun]
        if names:
            self._reporter.undoing(names)
        undoing = [start(self._back, outcome.hosts[name]) for name in names]
        try:
            wait(undoing)
        except KeyboardInterrupt:
            if outcome.interrupted:
                raise
            outcome.interrupted = True
            wait(undoing)
        for host in outcome.hosts.values():
            if host.host not in begun:
                host.undone = False
            if host.state in ("ok", "interrupted"):
                host.state = "unknown" if host.undone is None else "reverted" if host.undone else "untouched"

    def finish(self, outcome: Outcome, begun: Collection[str]) -> None:
        """Let the hosts where something went wrong after the decision do what is left to do."""
        late = [name for name in begun if outcome.hosts[name].state != "ok" and self._has_journal(name)]
        wait([start(self._tell, name, finish_script) for name in late])

    def _back(self, host: HostOutcome) -> None:
        if not self._has_journal(host.host):
            host.undone = False
            return
        result = self._tell(host.host, undo_script)
        if result and result.code:
            host.notes.append(f"reverting it failed: {result.reason or result.command or 'see its journal'}")
        elif result:
            host.undone = _is_back(host, result.facts)
        self._reporter.ended(host.host, "undo", host.undone is not None)

    def _has_journal(self, name: str) -> bool:
        return bool(self._connections.options(self._hosts[name]).undo)

    def _tell(self, name: str, script: Callable[[AgentOptions], Script]) -> Result | None:
        host = self._hosts[name]
        options = self._connections.options(host)
        reconnect = partial(self._connections.enter, host)
        self._sessions[name], result = run_even_if_lost(
            self._sessions[name], script(options), reconnect, options.silence
        )
        return result


def _is_back(host: HostOutcome, said: Mapping[str, str]) -> bool | None:
    """Whether there was something to revert, and it was; None where the host has finished the operation alone."""
    before, now = host.facts.get("previous"), said.get("serves")
    if before is None or before == now:
        return said.get("undone") == "yes"
    host.notes.append(
        f"it was alone for too long and has kept {str(now).rpartition('/')[2]}; the next deploy ends that"
    )
    return None
