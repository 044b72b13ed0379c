"""Lays a tree down in a folder of its own on this machine, and runs build commands there."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from slipway.core.errors import UsageError
from slipway.source.commit_files import Source
from slipway.source.git import SETTINGS, git, without_filters


@contextmanager
def local_build(source: Source, commands: Sequence[str], say: Callable[[str], None]) -> Iterator[Path]:
    """A folder with the files of the tree, in which the commands have run; it is removed at the end.

    The work tree stays as it is, and what lies in it beside the commit is not seen. The commands are the user's own,
    and have the user's environment, without what git sets for its hooks.

    Args:
        say: is told each command before it runs.

    Raises:
        UsageError: a command failed.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-build-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch).resolve() / "source"
        folder.mkdir()
        lay_down(source, folder, Path(scratch) / "index")
        given = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        for command in commands:
            say(command)
            code = subprocess.run(
                ["sh", "-c", command], cwd=folder, env={**given, "SLIPWAY_COMMIT": source.commit},
                stdin=subprocess.DEVNULL, check=False,
            ).returncode  # fmt: skip
            if code:
                raise UsageError(
                    f"app.build.local: `{command}` failed here with exit code {code}",
                    hint="It ran in a clean copy of the commit; nothing was sent.",
                )
        yield folder


def lay_down(source: Source, folder: Path, index: Path) -> None:
    """Write the files of a tree into an empty folder; nothing of the repository's own configuration is run."""
    own = os.fsdecode(git(source.folder, "rev-parse", "--absolute-git-dir")).rstrip("\n")
    env = {"GIT_DIR": own, "GIT_WORK_TREE": str(folder), "GIT_INDEX_FILE": str(index)}
    off = without_filters(git(source.folder, *SETTINGS))
    git(folder, *off, "read-tree", "--reset", "-u", source.tree, env=env)
