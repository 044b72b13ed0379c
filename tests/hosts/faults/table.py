"""One case of the fault table: strike, look, and deploy again."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.hosts.faults.kinds import Kind, strike
from tests.hosts.faults.plans import Place
from tests.hosts.faults.visitors import SteadyVisitors
from tests.hosts.project import Project

LEFTOVERS = Path(__file__).with_name("leftovers.sh").read_bytes()
# Seconds in which hosts must have put themselves right. One that has agreed to stay and hears no more, of a client with
# a silence of 3 s, waits for 29 of them; a request may take a while to drain.
PATIENCE = 60


def survive(project: Project, visitors: SteadyVisitors, place: Place, kind: Kind) -> None:
    """Run one case; it leaves the project with one more release, and nothing else."""
    old = current_settings(project)
    newest = project.say(f"{place.id} {kind.name} {time.time_ns()}")
    with visitors.nobody_is_lost(besides=place.victim if kind.restarts else ""):
        run = strike(kind, place, project)
        assert run.code in kind.codes, f"exit code {run.code}\n{run.text}"
        assert "Traceback" not in run.text, run.text
        became = await_peace(project)
        stays = place.decided or run.code == 0 or (place.now and kind.then == "die")
        assert (became != old) == stays, f"{became} serves, it was {old} before\n{run.text}"
        deploy(project)
        assert current_settings(project).endswith(newest[:7])


def deploy(project: Project) -> None:
    """Deploy as a user does, which has to work."""
    run = project.fab("deploy")
    assert run.code == 0, run.text


def await_peace(project: Project) -> str:
    """Wait until every host has put itself right; the release that answers on all of them.

    Fails the test if there are several, or if anything is left on a host that does not belong to a whole release.
    """
    said = on_all(project, f"bash -s {PATIENCE}", LEFTOVERS)
    await_answers(project)
    became = current_settings(project)
    expected = f"current: {became}"
    assert set(said) == {expected}, f"{became} serves, and\n" + "\n".join(
        f"{host}: {text}" for host, text in zip(project.on_hosts, said, strict=True)
    )
    return became


def current_settings(project: Project) -> str:
    """The release that answers on every host."""
    pages = {host: str(project.page(host)["release"]) for host in project.on_hosts}
    assert len(set(pages.values())) == 1, f"several releases answer: {pages}"
    return pages[project.on_hosts[0]]


def await_answers(project: Project) -> None:
    """Wait until the app is up on a host that was restarted."""
    deadline = time.monotonic() + PATIENCE
    while any(project.get(host).status != 200 for host in project.on_hosts) and time.monotonic() < deadline:
        time.sleep(0.1)


def on_all(project: Project, command: str, data: bytes = b"") -> list[str]:
    """Run a command on every host at the same time."""
    with ThreadPoolExecutor(len(project.on_hosts)) as pool:
        return list(pool.map(lambda host: project.on(host, command, data), project.on_hosts))
