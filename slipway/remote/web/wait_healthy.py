"""Wait until booting programs are healthy: they run, every web worker has loaded the app, and it answers."""

from __future__ import annotations

import json
import os
import time
from stat import S_ISREG

from slipway.remote.host.proc import children, stat
from slipway.remote.supervisor.list_and_stop_groups import processes
from slipway.remote.web.follow_redirects import follow
from slipway.remote.web.send_health_check import complaint, question_of
from slipway.remote.web.unstable_key_warning import UNSTABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A request that takes longer is given up and made again, so that a process that dies meanwhile is noticed.
PATIENCE = 10.0
# Seconds from one question to supervisord to the next while files tell that there is nothing to ask yet: several hosts
# on one machine would have more work with the answers than with the boot.
PAUSE = 0.1


MARK_BYTES = 16384  # bytes of a mark


class Rejected(Exception):
    """A program is not healthy, and will not be; the text says why."""

    def __init__(self, program: str, reason: str) -> None:
        super().__init__(reason)
        self.program = program


class Watch:
    """One boot, looked at again and again.

    Attributes:
        pids: the processes of each program.
        answer: the last good answer of the web process: {"status", "ms"}; None if there is no web process.
    """

    def __init__(self, options: dict[str, Any], deadline: float) -> None:
        self.supervisor: str = options["supervisor"]
        self.programs: list[str] = options["programs"]
        self.socket: str | None = options.get("socket")
        self.web: str = (options.get("web") or self.programs[0]) if self.socket else ""
        self.marks: str | None = options.get("marks")
        self.workers: int = max(1, options.get("workers") or 1)
        self.allow: list[str] = options.get("allow", [])
        self.judged = False
        self.timeout: float = options["timeout"]
        self.deadline = deadline
        self.question = question_of(options, self.socket or "")
        self.pids: dict[str, list[int]] = {}
        self.first: dict[str, int] = {}
        self.answer: dict[str, Any] | None = None
        self.good = 0
        self.excuse = ""
        self.seen: set[int] = set()
        self.asked = 0.0

    def well(self) -> bool:
        """Look once; return True when everything is well.

        Raises:
            Rejected: something is not healthy and will not be, or the time is up.
        """
        now = time.monotonic()
        if now < self.asked + PAUSE and self.boots():
            return False
        self.asked = now
        known = processes(self.supervisor)
        waiting = ""
        for program in self.programs:
            for process in known.get(program, [{"statename": "gone", "pid": 0}]):
                waiting = waiting or self.check(program, process)
        if not waiting and self.web:
            waiting = self.check_workers() or self.check_answer()
        if waiting and time.monotonic() > self.deadline:
            raise Rejected(waiting.split()[0] if not self.web else self.web, self.late(waiting))
        return not waiting

    def boots(self) -> bool:
        """Say whether files alone tell that it cannot be well yet."""
        if not self.socket:
            return True
        if self.marks is None:
            return not os.path.exists(self.socket)
        return len(marked(self.marks)) < self.workers

    def check(self, program: str, process: dict[str, Any]) -> str:
        """Reject a process that ended; return what is still waited for."""
        state, pid = process["statename"], process["pid"]
        if state in ("BACKOFF", "FATAL", "EXITED", "STOPPED", "STOPPING", "gone"):
            raise Rejected(program, ended(program, process))
        if self.first.setdefault(f"{program}:{process['name']}", pid) != pid:
            raise Rejected(program, f"{program} ended and was started again while it booted.")
        if pid not in self.pids.setdefault(program, []):
            self.pids[program].append(pid)
        if state != "RUNNING" and program != self.web:
            return f"{program} has not stayed up long enough ({process['name']} is {state})"
        return ""

    def check_workers(self) -> str:
        """Reject a master whose workers die again and again; return what is still waited for."""
        masters = self.pids[self.web]
        current = {child for master in masters for child in children(master)}
        self.seen |= current
        if len(self.seen - current) > 3 * self.workers + 2:
            raise Rejected(self.web, f"{self.web}: its workers die as soon as they start, again and again.")
        if self.marks is None:
            return ""
        hidden = all(stat(master) is None for master in masters)  # /proc may be mounted with hidepid
        loaded = sum(1 for pid in marked(self.marks) if hidden or (stat(pid) or (0, 0))[1] in masters)
        if loaded >= self.workers:
            self.check_risks()
            return ""
        return f"{loaded} of {self.workers} workers of {self.web} have loaded the app"

    def check_risks(self) -> None:
        """Reject an app that its workers have found to be unfit for visitors, unless that is allowed by name."""
        if self.judged or not self.marks:
            return
        self.judged = True
        found = [findings(os.path.join(self.marks, f"worker-{pid}")) for pid in marked(self.marks)]
        risks = {name: text for each in found for name, text in each.get("risks", {}).items()}
        for name in sorted({name for each in found for name in each.get("keys", {})}):
            if len({each["keys"][name] for each in found if name in each.get("keys", {})}) > 1:
                risks["unstable-secret-key"] = UNSTABLE.format(name=name, each="worker")
        for name, text in sorted(risks.items(), key=lambda risk: risk[0] != "debug"):
            if name not in self.allow:
                advice = f'To deploy it as it is, set allow = ["{name}"] in [app] of the inventory.'
                raise Rejected(self.web, f"{text}\n{advice}")

    def check_answer(self) -> str:
        """Ask until there were as many good answers as workers; return what is still waited for."""
        waiting = ""
        while not waiting and self.good < self.workers:
            waiting = self.ask()
        return waiting

    def ask(self) -> str:
        """Ask once; reject a wrong answer, return why the answer does not count yet."""
        try:
            answer = follow(self.question, min(PATIENCE, max(0.1, self.deadline - time.monotonic())))
        except OSError as error:
            return f"{self.web} does not answer yet ({self.question}: {error.strerror or error})"
        reason = complaint(self.question, answer)
        if reason and answer.status == 503:
            self.good = 0
            return f"{self.web} says that it is not ready: {reason}"
        if reason:
            raise Rejected(self.web, reason)
        self.answer = {"status": answer.status, "ms": round(answer.seconds * 1000, 1)}
        self.good += 1
        return ""

    def late(self, waiting: str) -> str:
        """Say what was not reached in time."""
        return (
            f"Still booting after {self.timeout:g} s: {waiting}.\n"
            "Does it wait for a database or service that it cannot reach? If it needs longer, give it more."
        )


def marked(folder: str) -> list[int]:
    """Return the pids of workers that left a mark; some may have died since."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [int(name[7:]) for name in names if name.startswith("worker-") and name[7:].isdecimal()]


def findings(mark: str) -> dict[str, Any]:
    """Return what a worker has found, see `slipway.remote.web.find_app_risks`; nothing of a mark that is no such thing.

    The app may write there: nothing but a plain file is read, and nothing in it is believed to be more than texts.
    """
    try:
        with open(os.open(mark, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            told = json.loads(file.read(MARK_BYTES)) if S_ISREG(os.fstat(file.fileno()).st_mode) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    parts = told if isinstance(told, dict) else {}
    return {
        part: {name: " ".join(text.split()) for name, text in parts[part].items() if isinstance(text, str)}
        for part in ("risks", "keys")
        if isinstance(parts.get(part), dict)
    }


def ended(program: str, process: dict[str, Any]) -> str:
    """Say how a process ended."""
    state, status = process["statename"], process.get("exitstatus", 0)
    if state == "gone":
        return f"{program} is gone: somebody removed it from supervisord meanwhile."
    if state in ("STOPPED", "STOPPING"):
        return f"{program} was stopped by somebody else while it booted."
    # supervisord keeps no exit status of a process that ended within startsecs
    how = f" with exit status {status}" if state == "EXITED" else ""
    why = process.get("spawnerr", "").replace("Exited too quickly (process log may have details)", "")
    return f"{program} ended{how} while it booted{f': {why}' if why else ''}."
