"""The web process: a supervisor program of its own for each release, booted beside the old one and asked until well."""

from __future__ import annotations

from slipway.app import WEB
from slipway.shell import join, write_file
from slipway.step import Step, Target
from slipway.steps.common import health, remote, supervisor
from slipway.steps.config import program_file


def boot(target: Target) -> Step:
    """Boot the new release on its own socket, and ask its health URL there until every worker is well."""
    paths = target.paths
    program = paths.program(WEB)
    options = {
        **health(target),
        "supervisor": supervisor(target),
        "programs": [program],
        "web": program,
        "socket": str(paths.socket),
        "marks": str(paths.run) if target.app.web.command is None else None,
        "workers": target.app.gunicorn.workers if target.app.web.command is None else 1,
        "log": str(paths.log(WEB)),
        "files": {program: str(paths.program_file(WEB))},
    }
    return Step(
        "boot",
        "boot beside the old release",
        join([write_file(paths.program_file(WEB), program_file(target, WEB)), remote("boot", options)]),
    )


def boot_workers(target: Target) -> Step:
    """Start the release's workers; those of the old release are stopped only when the fleet has decided to stay."""
    names = [name for name, process in target.app.workers.items() if process.count]
    paths = target.paths
    options = {
        "supervisor": supervisor(target),
        "programs": [paths.program(name) for name in names],
        "socket": None,
        "timeout": target.app.health_timeout,
        "logs": {paths.program(name): str(paths.log(name)) for name in names},
        "files": {paths.program(name): str(paths.program_file(name)) for name in names},
    }
    files = [write_file(paths.program_file(name), program_file(target, name)) for name in names]
    return Step("workers", "start the workers", join([*files, remote("boot", options)] if names else []))
