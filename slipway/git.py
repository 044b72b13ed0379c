"""Running git in a repository of the user's, unmoved by settings that change what it says."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from slipway.errors import SlipwayError, UsageError

# What git itself sets for hooks and aliases, so that their commands mean its repository, see
# `git rev-parse --local-env-vars`; here the folder alone decides.
_LOCAL = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
# Replaced objects look right here and are missing on the hosts. Looking must not wait for a lock on the index.
_OURS = MappingProxyType({"GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"})


class GitError(SlipwayError):
    """git refused; `said` is what it wrote to standard error."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message)
        self.said = said


def git(folder: Path, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
    """Run git in a folder, and return its output.

    Raises:
        GitError: with its last words. UsageError: it is not installed.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in _LOCAL}
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=folder,
            input=stdin,
            env={**inherited, **_OURS, **(env or {})},
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError("git is not installed here", hint="apt-get install -y git") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        last = said.splitlines()[-1] if said else f"exit code {done.returncode}"
        raise GitError(f"git {words[0]} in {folder}: {last}", said)
    return done.stdout
