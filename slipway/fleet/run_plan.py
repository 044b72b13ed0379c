"""Runs a plan on many hosts in parallel: a barrier after each phase; if any host fails, all are reverted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import TYPE_CHECKING

from slipway.core.errors import SlipwayError, UsageError
from slipway.fleet.agent_session import AgentOptions, Busy, Session
from slipway.fleet.connections import Connections
from slipway.fleet.daemon_threads import start
from slipway.fleet.mark_failed import mark_failed
from slipway.fleet.phases_in_one_script import JoinedScripts, PhaseGroup, first_scripts, joined_phases, steps_of
from slipway.fleet.read_script_result import KILLED
from slipway.fleet.reporter import Reporter, SafeReporter, told_to
from slipway.fleet.revert_or_finish_fleet import Recovery
from slipway.fleet.revert_or_finish_host import remember
from slipway.fleet.revise_plan import revised
from slipway.fleet.run_local_command import may_begin
from slipway.fleet.send_decision import send_at_once
from slipway.fleet.signals import interrupts
from slipway.model.outcome import HostOutcome, Outcome
from slipway.model.step import Plan, compose, payload

if TYPE_CHECKING:
    from slipway.inventory import Host

PATIENCE = 2  # seconds from one look at a lock that is held to the next
STOP_TIMEOUT = 10  # seconds; an agent takes 5 to end what does not want to end

Work = Callable[[HostOutcome], None]


class Fleet:
    """The hosts of one operation; a context, at whose end all connections are closed and all locks freed.

    Args:
        hosts: each with the account to log in with.
        options: what the agent of a host is to hold.
        reporter: is told what happens.
        wait: whether to wait where another operation holds the lock.
    """

    def __init__(
        self,
        hosts: list[Host],
        options: Callable[[Host], AgentOptions],
        reporter: Reporter,
        *,
        wait: bool = False,
    ) -> None:
        self._wait = wait
        self._hosts = {host.name: host for host in hosts}
        self._connections = Connections(options)
        self._reporter = SafeReporter(reporter)
        self._sessions: dict[str, Session] = {}
        self._recovery = Recovery(self._hosts, self._connections, self._sessions, self._reporter)
        self._stopping = threading.Event()
        self._decided = self._left = False
        self._plan = Plan("", ())
        self._at_work: Mapping[str, Future[None]] = {}
        self._begun: set[str] = set()

    def __enter__(self) -> Fleet:
        self._signals = interrupts()
        self._signals.__enter__()
        return self

    def __exit__(self, failure: type[BaseException] | None, error: BaseException | None, *_: object) -> None:
        """Close all sessions; if fab itself fails, the hosts revert what was begun.

        A SlipwayError is no such failure: it comes between two phases or operations, where nothing is begun.
        """
        if isinstance(error, UsageError) and self._sessions:
            error.code = 1  # 2 says that nothing was asked of any host
        failed = failure is not None and not issubclass(failure, SlipwayError)
        try:
            self._connections.close()
            wait([start(session.cut if failed else session.close) for session in list(self._sessions.values())])
        finally:
            self._signals.__exit__(None, None, None)

    def dial(self) -> None:
        """Begin to log in everywhere while the caller is still at work; `run` takes the connections over."""
        self._connections.dial(self._hosts.values())

    def run(self, plan: Plan) -> Outcome:
        """Connect to the hosts that are not connected yet, and run a plan: on every host, or on none.

        Ctrl-C and SIGTERM (as KeyboardInterrupt) end what runs and undo it; a second one leaves at once, and the
        hosts, each by itself, do the same. Once a final phase has begun nothing is undone any more.
        Whatever goes wrong is in the outcome; nothing is raised for it.
        """
        outcome = Outcome(plan.operation, {name: HostOutcome(name) for name in self._hosts})
        self._plan, started = plan, time.monotonic()
        self._stopping.clear()
        self._decided, self._left, self._begun = False, False, set()
        try:
            self._go(plan, outcome)
            if plan.together and not outcome.ok:
                (self._recovery.finish if self._decided else self._recovery.revert)(outcome, self._begun)
        except KeyboardInterrupt:
            self._leave(outcome)
        outcome.seconds = time.monotonic() - started
        if not self._left:
            with suppress(KeyboardInterrupt):  # all is done but this
                remember(self._plan, outcome, self._sessions)
        return outcome

    def skip_unreachable(self) -> list[str]:
        """Connect, leave out the hosts that cannot be reached, unless it is all of them, and return their names."""
        found = self.run(Plan("connect", ()))
        if found.interrupted:
            raise KeyboardInterrupt
        missing = [host.host for host in found.hosts.values() if host.state == "unreachable"]
        if len(missing) == len(self._hosts):
            return []
        for name in missing:
            del self._hosts[name]
        return missing

    def _go(self, plan: Plan, outcome: Outcome) -> None:
        try:
            self._forward(plan, outcome)
        except KeyboardInterrupt:
            outcome.interrupted = True
            self._stop()

    def _forward(self, plan: Plan, outcome: Outcome) -> None:
        missing = [name for name in self._hosts if name not in self._sessions]
        self._reporter.begin(plan, bool(missing))
        if missing:
            self._connections.first = first_scripts(plan)
            with outcome.timed("connect"):
                self._each(outcome, dict.fromkeys(missing, self._connect))
            self._connections.first = {}
        rest = plan.phases
        while rest:
            group = next(joined_phases(rest))
            phase, rest = group[0], rest[len(group) :]
            if plan.together and outcome.causes and not self._decided:
                break
            if not may_begin(phase, outcome, self._reporter):
                break
            for part in group:
                tuple(part.steps.values())  # what is made later is made now: an error in it ends everything here
            self._decided = phase.final
            self._reporter.phase(phase)
            joined = JoinedScripts(group, outcome, self._reporter)
            names = [name for name in phase.steps if outcome.hosts[name].state == "ok"]
            try:
                if phase.now:  # all of them have begun something by now
                    send_at_once(self._sessions, {name: compose(steps_of(group, name)) for name in names})
                self._each(outcome, dict.fromkeys(names, self._work(group, joined, outcome)), joined)
            finally:
                joined.end()
            if phase.revise and outcome.ok:
                self._plan, phase, rest = revised(self._plan, phase, rest, outcome)
            if phase.settles and all(host.facts.get(phase.settles) == "yes" for host in outcome.hosts.values()):
                outcome.settled = True
                break

    def _each(self, outcome: Outcome, work: Mapping[str, Work], joined: JoinedScripts | None = None) -> None:
        """Do a piece of work for each host at the same time, and wait for all of them."""
        hosts = outcome.hosts
        self._at_work = {name: start(self._one, task, hosts[name], joined) for name, task in work.items()}
        wait(self._at_work.values())

    def _one(self, task: Work, host: HostOutcome, joined: JoinedScripts | None) -> None:
        """Do one host's piece of work, and tell how it ended before the barrier can fall."""
        try:
            task(host)
        except Exception as error:
            mark_failed(host, joined.phase.name if joined else "connect", error, self._stopping.is_set())
        self._reporter.ended(host.host, joined.phase.name if joined else "connect", host.state == "ok")

    def _connect(self, host: HostOutcome) -> None:
        session = self._sessions[host.host] = self._wait_for_session(host.host)
        if self._stopping.is_set():
            session.close()

    def _wait_for_session(self, name: str) -> Session:
        while True:
            try:
                return self._connections.enter(self._hosts[name])
            except Busy:
                if not self._wait or self._stopping.wait(PATIENCE):
                    raise

    def _work(self, group: PhaseGroup, joined: JoinedScripts, outcome: Outcome) -> Work:
        def work(host: HostOutcome) -> None:
            name, steps = host.host, steps_of(group, host.host)
            data, hear = payload(steps, host.facts), joined.listener(name, told_to(self._reporter, name, steps))
            self._begun.add(name)
            for upload in (upload for step in steps for upload in step.uploads):
                self._sessions[name].send(self._hosts[name], upload)
            now, secrets = joined.phase.now, {secret for step in steps for secret in step.secrets}
            result = self._sessions[name].run(compose(steps), data, hear, self._stopping.is_set, now, secrets)
            outcome.keep(host, result)
            if not result.code:
                self._sessions[name].fetch(steps, self._stopping.is_set)
            else:
                stopped = self._stopping.is_set() and result.code == KILLED
                host.state = "interrupted" if stopped else "failed"
                host.phase, host.result = joined.phase.name, result

        return work

    def _stop(self) -> None:
        """End what runs, and wait until it has ended; a host that does not answer is cut off."""
        self._stopping.set()
        running = {name: work for name, work in self._at_work.items() if name in self._begun}
        for name in running:
            start(self._sessions[name].kill)
        wait(running.values(), timeout=STOP_TIMEOUT)
        late = [name for name, work in running.items() if not work.done()]
        wait([start(self._sessions[name].cut) for name in late])
        wait([running[name] for name in late], timeout=STOP_TIMEOUT)

    def _leave(self, outcome: Outcome) -> None:
        """Break all connections; each host reverts itself when it notices."""
        outcome.interrupted = self._left = True
        self._stopping.set()
        for session in list(self._sessions.values()):
            start(session.cut)
        wait([work for name, work in self._at_work.items() if name in self._begun], timeout=1)
        for host in outcome.hosts.values():
            if host.host in self._begun and not self._decided and host.state in ("ok", "interrupted"):
                host.state = "unknown"
