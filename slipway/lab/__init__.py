"""The local lab: real hosts on this machine to deploy to, for the demo, for trials and for the tests.

Everything imports lazily here, because the inventory reads `slipway.lab.state` at every command.
`folder` is always the lab's own folder: `.lab` beside inventory.toml, or one of a test's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .state import LabHost, load_state

if TYPE_CHECKING:
    from .engine import Engine, Lab

__all__ = [
    "LabHost", "disconnect", "down", "kill", "load_state", "pause", "reconnect", "restart", "start", "status",
    "unpause", "up",
]  # fmt: skip


def up(
    folder: Path,
    count: int = 2,
    engine: str | None = None,
    install: bool = False,
    say: Callable[[str], None] = print,
    *,
    names: Sequence[str] = (),
    release: str = "12",
    first_block: int = 1,
) -> list[LabHost]:
    """Make the lab's hosts and start those that are stopped; what runs is left alone.

    Args:
        folder: the lab's own folder; made if missing.
        count: how many hosts there should be at least; they are called lab1, lab2, ...
        engine: `podman`, `docker` or `local`; None takes what the lab has, else what works here.
        install: install missing packages with apt (as root on Debian or Ubuntu).
        say: takes lines of progress.
        names: what the hosts are called, in place of `count`.
        release: the Debian release of new hosts: "12" or "13".
        first_block: the first N of the loopback addresses 127.0.N.x to try.

    Returns:
        All hosts of the lab; each has answered SSH with its own key.

    Raises:
        UsageError: no such engine, or the lab has another one.
        SlipwayError: something is missing, or a host does not come up.
    """
    from .up_down_status import up as work

    wanted = list(names) or [f"lab{number}" for number in range(1, count + 1)]
    return work(folder, wanted, engine, install, say, release=release, first_block=first_block)


def down(folder: Path, keep_image: bool = False, say: Callable[[str], None] = print) -> None:
    """Remove every trace of the lab: hosts, files, and the image unless it is to be kept or in use.

    Nothing is said to be wrong if there is no lab, or half of one.
    """
    from .up_down_status import down as work

    work(folder, keep_image, say)


def status(folder: Path) -> list[tuple[LabHost, str]]:
    """The lab's hosts as their engine knows them, each with `running`, `stopped`, `paused` or `unfinished`."""
    from .up_down_status import status as work

    return work(folder)


def start(folder: Path, name: str) -> None:
    """Start a stopped or killed host and wait until it answers."""
    engine, lab = _of(folder, name)
    engine.start(lab, name)
    _wait(folder, name)


def restart(folder: Path, name: str) -> None:
    """Reboot a host in good order and wait until it answers; address and host key stay."""
    engine, lab = _of(folder, name)
    engine.restart(lab, name)
    _wait(folder, name)


def kill(folder: Path, name: str) -> None:
    """Pull a host's plug: every process on it is gone at once. `start` brings it back."""
    engine, lab = _of(folder, name)
    engine.kill(lab, name)


def pause(folder: Path, name: str) -> None:
    """Freeze a host: its connections stay open and nothing answers."""
    engine, lab = _of(folder, name)
    engine.pause(lab, name)


def unpause(folder: Path, name: str) -> None:
    """Let a frozen host go on where it stopped."""
    engine, lab = _of(folder, name)
    engine.unpause(lab, name)


def disconnect(folder: Path, name: str) -> None:
    """Pull a host's network cable; what runs on it goes on running."""
    engine, lab = _of(folder, name)
    engine.disconnect(lab, name)


def reconnect(folder: Path, name: str) -> None:
    """Put a host's network cable back."""
    engine, lab = _of(folder, name)
    engine.reconnect(lab, name)


def _of(folder: Path, name: str) -> tuple[Engine, Lab]:
    from .up_down_status import engine_of

    return engine_of(folder, name)


def _wait(folder: Path, name: str) -> None:
    from .up_down_status import wait

    wait(folder, name)
