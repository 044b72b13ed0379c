"""Runs a plan on many hosts in parallel: a barrier after each phase, and everything undone if any host fails."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from slipway.errors import SlipwayError
from slipway.fleet.connect import connect
from slipway.fleet.session import BEAT, Grip, Lost, Session
from slipway.outcome import HostOutcome, Outcome, Result
from slipway.shell import Script, sh
from slipway.step import Phase, Plan, Record, Step, compose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.inventory import Host

PARALLEL = 64  # hosts at a time; a thread each that mostly waits


class Reporter(Protocol):
    """Is told what happens while it happens; called from several threads."""

    def begin(self, plan: Plan, connect: bool) -> None:
        """A plan begins; first the hosts are connected to, if they are not yet."""

    def phase(self, phase: Phase) -> None: ...
    def step(self, host: str, step: Step) -> None: ...
    def line(self, host: str, text: str) -> None: ...

    def ended(self, host: str, phase: str, ok: bool) -> None:
        """A host is through with a phase; with `connect` and `undo` too, which are in no plan."""

    def undoing(self, hosts: Iterable[str]) -> None: ...


class Fleet:
    """The hosts of one operation; a context, at whose end all connections are closed and all locks freed.

    Args:
        hosts: each with the account to log in with.
        grip: what the agent of a host is to hold.
        reporter: is told what happens.
    """

    def __init__(self, hosts: list[Host], grip: Callable[[Host], Grip], reporter: Reporter) -> None:
        self._hosts = {host.name: host for host in hosts}
        self._grip = grip
        self._reporter = reporter
        self._sessions: dict[str, Session] = {}
        self._pool = ThreadPoolExecutor(max_workers=min(PARALLEL, max(1, len(hosts))))
        self._over = threading.Event()
        self._decided = False

    def __enter__(self) -> Fleet:
        threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        list(self._pool.map(Session.close, self._sessions.values()))
        self._pool.shutdown(wait=False)

    def run(self, plan: Plan) -> Outcome:
        """Connect to the hosts that are not connected yet, and run a plan: on every host, or on none.

        Ctrl-C and SIGTERM (as KeyboardInterrupt) end what runs and undo it; a second one leaves at once, and the
        hosts, each by itself, do the same. Once a final phase has begun nothing is undone any more.
        """
        outcome = Outcome(plan.operation, {name: HostOutcome(name) for name in self._hosts})
        started = time.monotonic()
        self._decided = False
        try:
            self._go(plan, outcome)
        except KeyboardInterrupt:
            outcome.interrupted = True
            self._stop_all()
            if not self._decided:
                self._undo(outcome)
        outcome.seconds = time.monotonic() - started
        self._remember(plan, outcome)
        return outcome

    def _go(self, plan: Plan, outcome: Outcome) -> None:
        missing = [name for name in self._hosts if name not in self._sessions]
        self._reporter.begin(plan, bool(missing))
        if missing:
            with _timed(outcome, "connect"):
                self._each(outcome, dict.fromkeys(missing, self._connect), "connect")
        for phase in plan.phases:
            if plan.together and outcome.causes and not self._decided:
                break
            self._decided = phase.final
            self._reporter.phase(phase)
            with _timed(outcome, phase.name):
                work = {
                    name: self._phase_of(phase, outcome) for name in phase.steps if outcome.hosts[name].state == "ok"
                }
                self._each(outcome, work, phase.name)
        if plan.together and outcome.causes and not self._decided:
            self._undo(outcome)

    def _each(self, outcome: Outcome, work: dict[str, Callable[[str], None]], phase: str) -> None:
        """Do a piece of work for each host at the same time, and wait for all of them."""
        futures: dict[str, Future[None]] = {
            name: self._pool.submit(self._one, task, name, outcome, phase) for name, task in work.items()
        }
        wait(futures.values())
        for name, future in futures.items():
            error = future.exception()
            if error is None:
                continue
            if not isinstance(error, SlipwayError):
                raise error
            host = outcome.hosts[name]
            host.state = "unreachable" if name not in self._sessions else "failed"
            host.phase, host.message, host.hint = phase, error.message, error.hint

    def _one(self, task: Callable[[str], None], name: str, outcome: Outcome, phase: str) -> None:
        """Do one host's piece of work, and tell how it ended before the barrier can fall."""
        ok = False
        try:
            task(name)
            ok = outcome.hosts[name].state == "ok"
        finally:
            self._reporter.ended(name, phase, ok)

    def _connect(self, name: str) -> None:
        host = self._hosts[name]
        grip = self._grip(host)
        self._sessions[name] = Session(connect(host, host.admin if grip.root else host.user), grip)

    def _phase_of(self, phase: Phase, outcome: Outcome) -> Callable[[str], None]:
        return lambda name: self._run_phase(name, phase, outcome)

    def _run_phase(self, name: str, phase: Phase, outcome: Outcome) -> None:
        steps, host = phase.steps[name], outcome.hosts[name]
        by_name = {step.name: step for step in steps}
        payload = b"".join(_part(step.payload(host.facts)) for step in steps if step.payload)

        def hear(kind: str, text: str) -> None:
            if kind == "step":
                self._reporter.step(name, by_name[text])
            elif kind == "line":
                self._reporter.line(name, text)

        result = self._sessions[name].run(compose(steps), payload, hear)
        self._keep(outcome, host, result)
        if result.code:
            host.state, host.phase, host.result = "failed", phase.name, result

    def _keep(self, outcome: Outcome, host: HostOutcome, result: Result) -> None:
        for key, value in result.facts.items():
            host.facts[key] = value
        host.notes += result.notes
        host.changed += result.changed
        steps = outcome.steps.setdefault(host.host, {})
        for step, seconds in result.seconds.items():
            steps[step] = steps.get(step, 0.0) + seconds

    def _undo(self, outcome: Outcome) -> None:
        """Put every connected host back, at once; a host that is lost does so by itself."""
        self._reporter.undoing(self._sessions)
        futures = {name: self._pool.submit(self._undo_one, name) for name in self._sessions}
        wait(futures.values())
        for name, future in futures.items():
            host = outcome.hosts[name]
            host.undone = future.result()
            if host.state == "ok":
                host.state = "unknown" if host.undone is None else "reverted" if host.undone else "untouched"

    def _undo_one(self, name: str) -> bool | None:
        grip = self._grip(self._hosts[name])
        if not grip.undo:
            return False
        try:
            result = self._sessions[name].run(undo_script(grip.undo))
        except Lost:
            self._reporter.ended(name, "undo", False)
            return None
        self._reporter.ended(name, "undo", result.code == 0)
        return result.facts.get("undone") == "yes" if result.code == 0 else None

    def _remember(self, plan: Plan, outcome: Outcome) -> None:
        """Write the operation into the history of every host that can be reached, whatever became of it."""
        told = {"outcome": outcome.verdict, "seconds": round(outcome.seconds, 2)}
        work = {name: remember(record, told) for name, record in plan.records.items() if name in self._sessions}
        futures = [self._pool.submit(self._sessions[name].run, script) for name, script in work.items()]
        wait(futures)

    def _stop_all(self) -> None:
        for session in self._sessions.values():
            try:
                session.kill()
            except Lost:
                continue

    def _beat(self) -> None:
        while not self._over.wait(BEAT):
            for session in list(self._sessions.values()):
                try:
                    session.beat()
                except Lost:
                    continue


def undo_script(journal: str) -> Script:
    """Run what the journal holds, if an operation left one; it removes itself when it is through.

    One that this host has put aside already, since it had agreed to stay when another host failed, counts too.
    """
    return sh(
        """
if [[ -e {{aside}} && ! -e {{path}} ]]; then mv {{aside}} {{path}}; fi
if [[ -e {{path}} ]]; then bash {{path}} told; fact undone yes; fi""",
        path=journal,
        aside=f"{journal}.aside",
    )


def remember(record: Record, told: Mapping[str, object]) -> Script:
    """Append to a host's history, if the app has a folder there."""
    line = json.dumps({**record.facts, **told}, sort_keys=True)
    return sh(
        "[[ ! -w {{folder}} ]] || printf '%s\\n' {{line}} >> {{path}}",
        folder=record.path.parent,
        line=line,
        path=record.path,
    )


def _part(payload: bytes) -> bytes:
    """Frame a payload as `take` reads it."""
    return f"{len(payload)}\n".encode() + payload


@contextmanager
def _timed(outcome: Outcome, phase: str) -> Iterator[None]:
    started = time.monotonic()
    try:
        yield
    finally:
        outcome.phases[phase] = time.monotonic() - started
