"""The task for work on Slipway itself: test."""

from __future__ import annotations

from pathlib import Path

from invoke import Context, task

from slipway.cli.executor import LocalTask


@task(
    help={
        "fast": "Leave out the host tests.",
        "faults": "Run every case of the fault table, not only some of each kind.",
        "only": "Run only these tests: a path such as tests/operations/test_plans.py, or an expression for pytest -k.",
    },
    klass=LocalTask,
    auto_shortflags=False,
)
def test(c: Context, fast: bool = False, faults: bool = False, only: str = "") -> None:
    """Check Slipway: lint, types, unit tests, and host tests on a lab of real hosts."""
    import os

    from slipway.core.errors import UsageError

    root = Path(__file__).resolve().parents[1]
    if not (root / "scripts" / "checks").exists():
        raise UsageError("fab test checks Slipway itself", hint="Run it in a clone of Slipway's repository.")
    _add_development_tools(root / "fab")
    if not fast and (not only or "hosts" in only):
        _add_lab_packages()
    flags = [*(["--fast"] if fast else []), *(["--faults"] if faults else []), *([f"--only={only}"] if only else [])]
    python = str(root / ".venv" / "bin" / "python")
    os.chdir(root)
    # In place of this process, so that Ctrl-C reaches pytest alone, which has a lab to take down.
    os.execv(python, [python, "scripts/checks", *flags])  # noqa: S606


def _add_development_tools(bootstrap: Path) -> None:
    """Have `./fab` put what requirements-dev.lock names into .venv, where it is not there yet."""
    import os
    import subprocess

    from slipway.core.errors import SlipwayError

    settings = {**os.environ, "SLIPWAY_DEV": "1"}
    done = subprocess.run([bootstrap, "--version"], env=settings, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        hint = "Fix what is said above, then run it again."
        raise SlipwayError("the development tools could not be installed", hint=hint, code=done.returncode)


def _add_lab_packages() -> None:
    """As root on Debian or Ubuntu, install what both kinds of lab hosts need and this machine lacks."""
    from slipway.lab import install_lab_tools

    install_lab_tools.install(list(dict.fromkeys([*install_lab_tools.needed(), *install_lab_tools.needed("local")])))
