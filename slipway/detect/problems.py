"""Lists what in a commit prevents a deploy, and what the user should be warned about."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Collection, Iterable, Iterator

from slipway.core.errors import UsageError
from slipway.inventory.app import App
from slipway.inventory.warning_names import named

from .app_reads_committed_env import EnvFile
from .committed_files import ASIDE, SourceTree, join, text
from .python_version import named_version

_POINTER = b"version https://git-lfs.github.com/spec/"
_ENCRYPTED = b"\0GITCRYPT\0"
_DATABASES = (".sqlite3", ".sqlite", ".db")


def refuse_unsupported(tree: SourceTree) -> None:
    """Raises UsageError: parts of the app are not in the commit itself (submodules, git LFS)."""
    if ".gitmodules" in tree.files and "path" in text(tree, ".gitmodules"):
        raise UsageError(
            "the app has git submodules, which are not supported yet",
            hint="Put their files into the repository (git subtree), or depend on them as packages.",
        )
    for path in _filtered(tree, "lfs"):
        if tree.read(path).startswith(_POINTER):
            raise UsageError(
                f"{path} is a git LFS pointer, which is not supported yet",
                hint=f"Take it out of LFS: git lfs migrate export --include='{path}'",
            )


def _filtered(tree: SourceTree, name: str) -> Iterator[str]:
    """The first file of each pattern that .gitattributes gives to a filter; reading all could take minutes."""
    for path in sorted(tree.files):
        if posixpath.basename(path) != ".gitattributes":
            continue
        folder = posixpath.dirname(path)
        for line in text(tree, path).splitlines():
            words = line.split()
            if any(word.startswith(f"filter={name}") for word in words[1:]) and not line.startswith("#"):
                yield from _first(tree, folder, words[0])


def _first(tree: SourceTree, folder: str, pattern: str) -> Iterator[str]:
    inside = [path for path in sorted(tree.files) if path.startswith(join(folder, ""))]
    if "/" in pattern.strip("/") or pattern.startswith("/"):
        matches = fnmatch.filter(inside, join(folder, pattern.lstrip("/").replace("**", "*")))
    else:
        matches = [path for path in inside if fnmatch.fnmatch(posixpath.basename(path), pattern)]
    yield from matches[:1]


def linked(kept: Iterable[str], path: str) -> bool:
    """Whether a path is one of those that are kept between releases, or lies inside of one."""
    return any(f"{path}/".startswith(f"{place}/") for place in kept)


def losses(tree: SourceTree, kept: Iterable[str]) -> Iterator[str]:
    """One line for each committed file that looks like a database, and that the app could lose data in.

    Args:
        kept: what is linked to shared/.
    """
    found = [path for path in sorted(tree.files) if path.endswith(_DATABASES) and not linked(kept, path)]
    committed = [path for path in found if not ASIDE & set(path.split("/"))]
    for path in committed[:3]:
        text = (
            f"{path} is committed: each release starts from that copy, and what is written to it is lost; "
            f'app.linked_files = ["{path}"] keeps it'
        )
        yield named("sqlite-committed", text)


def notes(tree: SourceTree, app: App, chdir: str, read: Collection[EnvFile]) -> Iterator[str]:
    """One line each about files that do not do what their owner may think.

    Args:
        read: the env files that the app itself reads.
    """
    for path in _filtered(tree, "git-crypt"):
        if tree.read(path).startswith(_ENCRYPTED):
            instead = "give secrets by [env], env_commands or [app.files]"
            yield named("encrypted-file", f"{path} is encrypted by git-crypt, and hosts get it so; {instead}")
    for file in read:
        rule = "it wins over" if file.wins else "it counts for what is not in"
        secrets = f" ({', '.join(file.secrets)} in it: known to all who see the source)" if file.secrets else ""
        yield named("env-file-read", f"{file.path} is read by the app ({file.reader}): {rule} [env]{secrets}")
    used = {file.path for file in read}
    for folder in dict.fromkeys((chdir, "")):
        for name, instead in (
            ("gunicorn.conf.py", "set [app.gunicorn]"),
            (".env", "committed secrets are no secrets; set env_files or [env]"),
            (".flaskenv", "set [env]"),
            (".python-version", "it names no version of Python 3; set app.python if the host's will not do"),
            ("runtime.txt", "it names no version of Python 3; set app.python if the host's will not do"),
        ):
            path = join(folder, name)
            if name in (".python-version", "runtime.txt") and path in tree.files and named_version(text(tree, path)):
                continue
            if path not in tree.files or path in used or linked((*app.linked_dirs, *app.linked_files), path):
                continue
            by = " by the web server, only by the `flask` command" if name == ".flaskenv" else ""
            yield named("file-not-used", f"{path} is not used{by}; {instead}")


def data_notes(files: Iterable[str], folders: Iterable[str]) -> Iterator[str]:
    """One line for each place inside the source that settings put data in."""
    for path in files:
        text = f'the database {path} lies in the source: kept in shared/, as app.linked_files = ["{path}"] would do'
        yield named("data-in-source", text)
    for path in folders:
        text = f'MEDIA_ROOT {path} lies in the source: it is kept in shared/, as app.linked_dirs = ["{path}"] would do'
        yield named("data-in-source", text)
