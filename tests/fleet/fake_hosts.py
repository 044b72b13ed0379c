"""A fleet of several hosts that are one sshd, each with a folder of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from slipway.core.shell import Value, sh
from slipway.fleet.agent_session import AgentOptions
from slipway.fleet.run_plan import Fleet
from slipway.inventory import Host
from slipway.model.outcome import Outcome
from slipway.model.step import Facts, Phase, Plan, Record, Step
from tests.fleet.sshd import Sshd

Payload = Callable[[Facts], bytes]


@dataclass
class Recorder:
    """A reporter that remembers."""

    said: list[tuple[str, ...]] = field(default_factory=list)
    answer: bool = True

    def begin(self, plan: Plan, connect: bool) -> None:
        self.said.append(("begin", plan.operation, str(connect)))

    def phase(self, phase: Phase) -> None:
        self.said.append(("phase", phase.name))

    def step(self, host: str, step: Step) -> None:
        self.said.append(("step", host, step.name))

    def line(self, host: str, text: str) -> None:
        self.said.append(("line", host, text))

    def ended(self, host: str, phase: str, ok: bool) -> None:
        self.said.append(("ended", host, phase, str(ok)))

    def undoing(self, hosts: Iterable[str]) -> None:
        self.said.append(("undoing", *sorted(hosts)))

    def ask(self, question: str) -> bool:
        self.said.append(("ask", question))
        return self.answer


class FakeHosts:
    """Hosts and their folders.

    Args:
        server: what all of them connect to.
        folder: has a folder for each host, and a `log` that all can write to.
        silence: seconds.
    """

    def __init__(self, server: Sshd, folder: Path, count: int = 3, silence: int = 30) -> None:
        self.server, self.folder, self.silence = server, folder, silence
        self.names = [f"web{number}" for number in range(1, count + 1)]
        self.hosts = [server.host(name) for name in self.names]
        self.reporter = Recorder()
        for name in self.names:
            (folder / name).mkdir()

    def agent_options(self, host: Host) -> AgentOptions:
        base = self.folder / host.name
        return AgentOptions(
            str(base / "lock"), str(base / "undo"), "me", silence=self.silence, current=str(base / "current")
        )

    def fleet(self, **options: bool) -> Fleet:
        return Fleet(self.hosts, self.agent_options, self.reporter, **options)

    def run(self, *phases: Phase, together: bool = True, failure: bool = False) -> Outcome:
        """Run a plan with a fleet of its own, which leaves a line in each host's `history`; or only where it failed."""
        records = {name: Record(self.history(name), {"operation": "deploy"}, failure=failure) for name in self.names}
        with self.fleet() as fleet:
            return fleet.run(Plan("deploy", phases, together, records))

    def history(self, name: str) -> PurePosixPath:
        return PurePosixPath(self.folder / name / "records" / "history.jsonl")

    def remembered(self, name: str) -> list[dict[str, object]]:
        """What the history of a host says."""
        path = Path(self.history(name))
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def phase(
        self,
        name: str,
        script: str,
        *,
        final: bool = False,
        payload: Payload | None = None,
        on: Iterable[str] | None = None,
        **values: Value,
    ) -> Phase:
        """A phase of one step that is the same on all hosts; `$name` and `$base` tell where it runs."""
        steps = {}
        for host in on or self.names:
            text = sh(
                "name={{name}} base={{base}} log={{log}}\n{{script}}",
                name=host,
                base=self.folder / host,
                log=self.folder / "log",
                script=sh(script, **values),
            )
            steps[host] = (Step(name, f"Do {name}", text, payload),)
        return Phase(name, name.capitalize(), steps, final)

    def journal(self, script: str = "") -> Phase:
        """A phase that writes the journal of each host."""
        text = f'{script}\necho "undone $name" >> "$log"\nrm "$base/undo"'
        return self.phase(
            "journal", "printf 'name=%q base=%q log=%q\n%s\n' $name $base $log {{t}} > $base/undo", t=text
        )

    @property
    def log(self) -> list[str]:
        """What scripts and journals wrote into the common log, sorted."""
        path = self.folder / "log"
        return sorted(path.read_text().splitlines()) if path.exists() else []

    def written(self, text: str) -> bool:
        return text in self.log


def later(seconds: float, work: Callable[[], object]) -> threading.Timer:
    """Do something in another thread."""
    timer = threading.Timer(seconds, work)
    timer.daemon = True
    timer.start()
    return timer


def soon(condition: Callable[[], object], work: Callable[[], object]) -> threading.Thread:
    """Do something in another thread when something else has happened."""
    from tests.fleet.agent import eventually

    def run() -> None:
        eventually(condition)
        work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread
