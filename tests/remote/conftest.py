"""A real supervisord with real gunicorns, as the current user in a temporary folder: no container needed."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.remote.django_project import Project
from tests.remote.supervisor_bench import Bench

PACKAGES = (
    "supervisor==4.3.0", "gunicorn>=23", "Django>=5.2,<5.3", "setuptools<81", "uvicorn", "uvicorn-worker",
)  # fmt: skip


@pytest.fixture(scope="session")
def venv(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv with what hosts and releases have; made once, kept between runs."""
    key = hashlib.sha256(repr((sys.version, PACKAGES)).encode()).hexdigest()[:12]
    cache = pytestconfig.cache
    folder = cache.mkdir(f"slipway-venv-{key}") if cache else tmp_path_factory.mktemp("venv")
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            subprocess.run([folder / "bin" / "pip", "install", "--quiet", *PACKAGES], check=True)
            (folder / ".complete").touch()
    return folder


@pytest.fixture
def bench(venv: Path) -> Iterator[Bench]:
    """An app's folder on a host, with a running supervisord."""
    bench = Bench(venv)
    try:
        bench.start_supervisor()
        yield bench
    finally:
        bench.close()


@pytest.fixture
def project(tmp_path: Path, venv: Path) -> Project:
    """A small Django project in a release."""
    return Project(tmp_path, venv)
