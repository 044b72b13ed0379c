"""The public operations of the lab (up, down, status): each chooses an engine, takes the lock, and works."""

from __future__ import annotations

from pathlib import Path

from slipway.core.errors import UsageError

from . import choose_engine, folder_locks, make_and_remove_hosts
from .engine import Engine, Lab, Say, Unfit
from .state import LabHost, load_state

BUSY = "the lab is being changed by another command"


def up(
    folder: Path, names: list[str], engine: str | None, install: bool, say: Say, *, release: str, first_block: int
) -> list[LabHost]:
    """See `slipway.lab.up`."""
    lab = open_lab(folder, release)
    lab.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (lab.folder / ".gitignore").write_text("*\n", encoding="ascii")
    troubles: dict[str, str] = {}
    with folder_locks.held(lab.folder, BUSY, say):
        for candidate in choose_engine.candidates(lab, engine, install, say):
            trouble = candidate.trouble()
            if not trouble:
                if troubles and candidate.name == "local":
                    choose_engine.warn(troubles, say)
                try:
                    return make_and_remove_hosts.bring_up(lab, candidate, names, say, first_block)
                except Unfit as unfit:
                    trouble = unfit.message
                    candidate.clear(lab, keep_image=False)
            troubles[candidate.name] = trouble
    raise choose_engine.nothing_works(troubles)


def down(folder: Path, keep_image: bool, say: Say) -> None:
    """See `slipway.lab.down`."""
    lab = open_lab(folder)
    engines = choose_engine.installed()
    if not lab.folder.exists():
        make_and_remove_hosts.take_down(lab, engines, keep_image, say)
        return
    with folder_locks.held(lab.folder, BUSY, say):
        make_and_remove_hosts.take_down(lab, engines, keep_image, say)


def status(folder: Path) -> list[tuple[LabHost, str]]:
    """See `slipway.lab.status`."""
    lab, rows = open_lab(folder), []
    for engine in choose_engine.installed():
        rows += [(engine.describe(lab, found), found.state) for found in engine.found(lab).values()]
    return rows


def open_lab(folder: Path, release: str = "12") -> Lab:
    """The lab of a folder, whichever way the folder was written."""
    return Lab(folder.expanduser().resolve(), release)


def engine_of(folder: Path, name: str) -> tuple[Engine, Lab]:
    """The engine that runs a host, by the lab's state file.

    Raises:
        UsageError: the lab has no such host.
    """
    hosts = load_state(folder)
    if name not in hosts:
        raise UsageError(f"no host {name} in the lab {folder}", hint="`fab lab.up` makes hosts.")
    return choose_engine.engine_named(hosts[name].engine), open_lab(folder)


def wait(folder: Path, name: str) -> None:
    """Wait until a host that was started or restarted answers."""
    engine, lab = engine_of(folder, name)
    make_and_remove_hosts.wait_for(lab, engine, engine.found(lab)[name])
