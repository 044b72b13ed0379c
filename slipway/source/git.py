"""Runs git in the user's repository; nothing that lies there is run, and no setting changes the output."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from types import MappingProxyType

from slipway.core.errors import SlipwayError, UsageError

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
# Nothing is fetched: a partial clone would ask its remote for what it lacks, by commands of its configuration.
_OURS = MappingProxyType(
    {
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
    }
)
# In the place of settings of the repository that name commands to run.
_OVERRULED = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.sshCommand=false",
    "credential.helper=",
    "diff.external=",
    "gpg.program=false",
    "log.showSignature=false",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
)
SETTINGS = ("config", "--list", "--name-only", "--show-scope", "-z")  # for `without_filters`
AT_ONCE = 50  # hashes that are asked for before the first answer is read: a pipe takes them in one piece
_FILTER = re.compile(r"filter\.(.+)\.(?:clean|smudge|process|required)", re.DOTALL)


class GitError(SlipwayError):
    """git refused; `said` is what it wrote to standard error."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message)
        self.said = said


def git(folder: Path, *words: str, stdin: bytes = b"", env: Mapping[str, str] = _OURS) -> bytes:
    """Run git in a folder, and return its output.

    Args:
        env: what it finds in its environment besides.

    Raises:
        GitError: with its last words. UsageError: it is not installed.
    """
    with _running(folder, words, env) as process:
        return _output(process, folder, words, stdin)


def git_at_once(folder: Path, *commands: Sequence[str]) -> list[bytes]:
    """Run several commands of git in a folder at the same time, and return their outputs in the same order.

    Raises:
        GitError: of the first that failed; the others are ended. UsageError: git is not installed.
    """
    with ExitStack() as all_of_them:
        running = [all_of_them.enter_context(_running(folder, words)) for words in commands]
        return [_output(process, folder, words) for process, words in zip(running, commands, strict=True)]


class Blobs:
    """A process of git that hands out the content of blobs by their hash."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin and process.stdout
        self._folder, self._asked, self._answers = folder, process.stdin, process.stdout

    def read(self, hash: str) -> bytes:
        """Content of one blob. Raises GitError: there is no such blob."""
        return self.read_many([hash])[0]

    def read_many(self, hashes: Sequence[str]) -> list[bytes]:
        """Content of each blob; many are asked for at a time. Raises GitError: there is no such blob."""
        found = []
        for start in range(0, len(hashes), AT_ONCE):
            asked = hashes[start : start + AT_ONCE]
            with suppress(BrokenPipeError):  # it has ended, and answers nothing
                os.write(self._asked.fileno(), "".join(f"{hash}\n" for hash in asked).encode())
            for hash in asked:
                head = self._answers.readline().split()
                if head[1:2] != [b"blob"]:
                    raise GitError(f"git cat-file in {self._folder}: there is no blob {hash}", "")
                found.append(self._answers.read(int(head[2]) + 1)[:-1])
        return found


@contextmanager
def blobs(folder: Path) -> Iterator[Blobs]:
    """Have one process of git hand out the content of blobs, for as long as the context lasts."""
    with _running(folder, ("cat-file", "--batch")) as process:
        yield Blobs(folder, process)


@contextmanager
def _running(folder: Path, words: Sequence[str], env: Mapping[str, str] = _OURS) -> Iterator[subprocess.Popen[bytes]]:
    """A process of git, which does not outlive the context."""
    _refuse_disguised(folder)
    inherited = {name: value for name, value in os.environ.items() if name not in _LOCAL}
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(
            ["git", *_options(_OVERRULED), *words],
            cwd=folder,
            env={**inherited, **_OURS, **env},
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
        )
    except FileNotFoundError:
        raise UsageError("git is not installed here", hint="apt-get install -y git") from None
    with process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def _output(process: subprocess.Popen[bytes], folder: Path, words: Sequence[str], stdin: bytes = b"") -> bytes:
    """What a process of git says until it ends."""
    output, errors = process.communicate(stdin)
    if process.returncode:
        said = errors.decode("utf-8", "replace").strip()
        last = said.splitlines()[-1] if said else f"exit code {process.returncode}"
        raise GitError(f"git {_subcommand(words)} in {folder}: {last}", said)
    return output


def without_filters(settings: bytes) -> list[str]:
    """Options for git that keep it from running the filters of a repository's own configuration.

    Args:
        settings: what git says of `SETTINGS`.
    """
    parts = os.fsdecode(settings).split("\0")
    own = [name for scope, name in zip(parts[::2], parts[1::2], strict=False) if scope in ("local", "worktree")]
    filters = dict.fromkeys(found[1] for name in own if (found := _FILTER.fullmatch(name)))
    off = [f"filter.{name}.{key}" for name in filters for key in ("clean=", "smudge=", "process=", "required=false")]
    return _options(off)


def _options(settings: Iterable[str]) -> list[str]:
    return [word for setting in settings for word in ("-c", setting)]


def _subcommand(words: Sequence[str]) -> str:
    at = 0
    while words[at] == "-c":
        at += 2
    return words[at]


@cache
def _refuse_disguised(folder: Path) -> None:
    """Refuse a folder that git would take for a repository without a work tree, with a configuration of its own.

    A commit can hold such a folder, and versions of git before 2.38 do not know `safe.bareRepository`.

    Raises:
        UsageError: it, or one between it and the top of its repository, is such a folder.
    """
    for place in (folder, *folder.parents):
        if (place / ".git").exists():
            return
        if (place / "HEAD").exists() and ((place / "objects").exists() or (place / "commondir").exists()):
            raise UsageError(
                f"{place} is not a work tree, but the inside of a git repository",
                hint="Set `source` to a work tree. If a commit brought HEAD and objects there, do not trust it.",
            )
