"""Makes patchwork 1.0.1 work with invoke 2: it provides the one module that patchwork lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Patchwork(NamedTuple):
    """The functions of patchwork that work with fabric 3; each takes a fabric Connection first.

    Attributes:
        rsync: `patchwork.transfers.rsync(c, source, target, exclude=(), delete=False, ...)`; it pastes its
            arguments into a local shell command, so quote what did not come from Slipway itself.
        exists: `patchwork.files.exists(c, path)`: whether a remote path exists.
        have_program: `patchwork.environment.have_program(c, name)`: true if it is on the remote PATH.
    """

    rsync: Callable[..., Any]
    exists: Callable[..., Any]
    have_program: Callable[..., Any]


def patchwork() -> Patchwork:
    """Import patchwork, which expects the `six` that invoke 2 no longer carries as `invoke.vendor.six`.

    A checkout has it installed; a wheel of Slipway carries it (see `scripts/carry_patchwork.py`).
    """
    import sys
    from importlib import import_module
    from importlib.util import find_spec

    import six

    # `from invoke.vendor import six` finds it there; left in place for patchwork's other modules.
    sys.modules.setdefault("invoke.vendor.six", six)

    name = "slipway.carried.patchwork" if find_spec("slipway.carried") else "patchwork"
    return Patchwork(
        rsync=import_module(f"{name}.transfers").rsync,
        exists=import_module(f"{name}.files").exists,
        have_program=import_module(f"{name}.environment").have_program,
    )
