"""Finds the files that declare the app's dependencies, and reads which packages they name."""

from __future__ import annotations

import posixpath
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from slipway.core.errors import UsageError
from slipway.inventory.app import App

from . import uv_lock
from .committed_files import SourceTree, join
from .local_packages import LocalPackage, needed_by, workspace_root
from .pip_requirements import names_of, read
from .project_files import Project, is_package, nearest, read_project

# What is taken if there is no requirements.txt, best first.
USUAL = (
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements-prod.txt",
    "requirements/base.txt",
)


class Requirements(Struct, frozen=True):
    """Where the app's dependencies are written.

    Attributes:
        kind: "requirements" for pip's format, "uv" for pyproject.toml with uv.lock, "pyproject", or "none".
        roots: the files to install from. files: these and all that they include; the venv depends on each.
        names: the distributions that are named directly, normalised (PEP 503).
        folder: the one of pyproject.toml; "" is the top of the source.
        member: the member of uv's workspace that is deployed; None: all of them.
        local: the packages that lie in the commit. local_lines: by file, the lines that name some of them.
        dynamic: only a build can tell what the project depends on.
    """

    kind: Literal["requirements", "uv", "pyproject", "none"]
    roots: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    folder: str = ""
    member: str | None = None
    local: tuple[LocalPackage, ...] = ()
    local_lines: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = ()
    dynamic: bool = False


def find(tree: SourceTree, app: App, chdir: str) -> Requirements:
    """Dependencies in `chdir`, else in the nearest folder above it; what the app's settings name wins.

    Raises:
        UsageError: a file is missing or in a format that cannot be installed from.
    """
    if app.requirements:
        for path in app.requirements:
            if path not in tree.files:
                raise UsageError(f"app.requirements: {path} is not in the commit")
        return _whole(tree, _given(tree, app, app.requirements, chdir))
    for folder in _upward(chdir):
        if found := _in(tree, app, folder):
            return _whole(tree, found)
    return Requirements("none")


def _upward(folder: str) -> list[str]:
    """A folder and all above it, up to the top of the source."""
    return [folder, *_upward(posixpath.dirname(folder))] if folder else [""]


def _whole(tree: SourceTree, found: Requirements) -> Requirements:
    """With the packages that those in the commit need, and with the files that say what they depend on."""
    paths = [package.path for package in found.local]
    more = tuple(LocalPackage(path, "needed") for path in needed_by(tree, paths)) if found.kind != "uv" else ()
    files, names = dict.fromkeys(found.files), set(found.names)
    for package in (*found.local, *more):
        project = read_project(tree, package.path) if package.path not in tree.files else None
        files |= dict.fromkeys(project.files if project else (package.path,))
        names |= names_of(project.dependencies or ()) if project else set()
    return replace(found, local=(*found.local, *more), files=tuple(files), names=frozenset(names))


def _given(tree: SourceTree, app: App, paths: tuple[str, ...], chdir: str) -> Requirements:
    folder, name = posixpath.split(paths[0])
    if name not in ("uv.lock", "pyproject.toml", "setup.py"):
        return _pip(tree, app, paths, chdir)
    found = _uv(tree, app, folder) if name == "uv.lock" else None
    found = found or _in_workspace(tree, app, folder) or _project(tree, app, folder)
    if len(paths) > 1 or not found:
        raise UsageError(f"app.requirements: {paths[0]} must stand alone and list the project's dependencies")
    return found


def _in(tree: SourceTree, app: App, folder: str) -> Requirements | None:
    if join(folder, "uv.lock") in tree.files:
        return _uv(tree, app, folder)
    for name in USUAL:
        if join(folder, name) in tree.files:
            return _pip(tree, app, (join(folder, name),), folder)
    if found := _in_workspace(tree, app, folder) or _project(tree, app, folder):
        return found
    for lock, command in (("poetry.lock", "poetry export -o"), ("Pipfile", "pipenv requirements >")):
        if join(folder, lock) in tree.files:
            raise UsageError(
                f"cannot install from {join(folder, lock)} alone",
                hint=f"Commit the output of `{command} requirements.txt`, or set app.requirements.",
            )
    return None


def _uv(tree: SourceTree, app: App, folder: str, member: Project | None = None) -> Requirements | None:
    """What uv.lock says of the project in its folder, or of another member of its workspace."""
    root = read_project(tree, folder)
    if root is None:
        return None
    project = member or root
    name = project.name or None
    lock = join(folder, "uv.lock")
    files = tuple(dict.fromkeys((join(folder, "pyproject.toml"), lock, *project.files)))
    local = uv_lock.local_packages(tree, folder, name, (), ())
    local = tuple(package for package in local if package.path != project.folder or app.install_project is not False)
    names = names_of(project.dependencies or ())
    return Requirements("uv", (join(folder, "pyproject.toml"),), files, names, folder, name, local)


def _in_workspace(tree: SourceTree, app: App, folder: str) -> Requirements | None:
    """A member of a workspace whose root has the lock file."""
    member = read_project(tree, folder)
    root = workspace_root(tree, folder) if member else None
    return _uv(tree, app, root, member) if root is not None and join(root, "uv.lock") in tree.files else None


def _project(tree: SourceTree, app: App, folder: str) -> Requirements | None:
    """What a project says of itself; where only a build can tell its dependencies, they are those of its wheel."""
    project = read_project(tree, folder)
    if project is None:
        return None
    itself = _itself(tree, app, project)
    names = names_of(project.dependencies or ())
    if "dependencies" in project.document.get("project", {}):
        roots = (join(folder, "pyproject.toml"),)
        local = (*itself, *(LocalPackage(path, "needed") for path in needed_by(tree, [folder])))
        return Requirements("pyproject", roots, project.files, names, folder, local=local)
    if not itself:
        return None
    return Requirements("none", (), project.files, names, folder, local=(replace(itself[0], how="complete"),),
                        dynamic=project.dependencies is None)  # fmt: skip


def _itself(tree: SourceTree, app: App, project: Project | None) -> tuple[LocalPackage, ...]:
    """The project as a package, if it is one and the inventory does not say otherwise."""
    if project is None or app.install_project is False:
        return ()
    wanted = app.install_project or is_package(tree, project)
    return (LocalPackage(project.folder, "alone"),) if wanted else ()


def _pip(tree: SourceTree, app: App, roots: tuple[str, ...], folder: str) -> Requirements:
    """What requirement files list; they say all that a project among them depends on."""
    found = read(tree, roots)
    listed = {package.path for package in found.local}
    itself = [package for package in _itself(tree, app, nearest(tree, folder)) if package.path not in listed]
    lines = tuple((path, tuple(ranges)) for path, ranges in found.local_lines.items())
    local = (*found.local, *itself)
    return Requirements("requirements", roots, tuple(found.files), found.names, local=local, local_lines=lines)
