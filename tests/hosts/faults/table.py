"""One case of the fault table: strike, look, and deploy again."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.hosts.faults.crowd import Crowd
from tests.hosts.faults.disks import EMPTY
from tests.hosts.faults.kinds import Kind, strike
from tests.hosts.faults.plans import Place
from tests.hosts.project import Project

RESIDUE = Path(__file__).with_name("residue.sh").read_bytes()
PATIENCE = 35  # seconds in which hosts must have put themselves right; a request may take a while to drain


def survive(project: Project, crowd: Crowd, place: Place, kind: Kind) -> None:
    """Run one case; it leaves the project with one more release, and nothing else."""
    old = one_release(project)
    newest = project.say(f"{place.id} {kind.name} {time.time_ns()}")
    with crowd.nobody_is_lost(besides=place.victim if kind.restarts else ""):
        run = strike(kind, place, project)
        assert run.code in kind.codes, f"exit code {run.code}\n{run.text}"
        assert "Traceback" not in run.text, run.text
        await_hosts(project)
        became = one_release(project)
        stays = place.decided or run.code == 0
        assert (became != old) == stays, f"{became} serves, it was {old} before\n{run.text}"
        on_all(project, EMPTY)
        no_residue(project)
        project.deploy()
        assert one_release(project).endswith(newest[:7])


def one_release(project: Project) -> str:
    """The release that answers on every host, which all agree on with what `current` says."""
    pages = {str(page["release"]) for page in project.pages()}
    assert len(pages) == 1, f"several releases answer: {pages}"
    links = set(on_all(project, "basename $(readlink current)"))
    assert links == pages, f"{pages} answers, and current is {links}"
    return pages.pop()


def await_hosts(project: Project) -> None:
    """Wait until every host has put itself right, if it has to, and the app is up on one that was restarted."""
    on_all(project, f"timeout {PATIENCE} flock lock true || {{ cat lock; exit 1; }}")
    deadline = time.monotonic() + PATIENCE
    while any(project.get(host).status != 200 for host in project.on_hosts) and time.monotonic() < deadline:
        time.sleep(0.1)


def no_residue(project: Project) -> None:
    """Fail the test if anything is left that does not belong to a whole release."""
    said = on_all(project, f"bash -s {PATIENCE}", RESIDUE)
    assert not any(said), "\n".join(f"{host}: {text}" for host, text in zip(project.on_hosts, said, strict=True))


def on_all(project: Project, command: str, data: bytes = b"") -> list[str]:
    """Run a command on every host at the same time."""
    with ThreadPoolExecutor(len(project.on_hosts)) as pool:
        return list(pool.map(lambda host: project.on(host, command, data), project.on_hosts))
