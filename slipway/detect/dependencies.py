"""Finds the files that declare the app's dependencies, and reads which packages they name."""

from __future__ import annotations

import posixpath
from typing import Literal

from msgspec.structs import replace

from slipway.core.errors import UsageError
from slipway.inventory.app import App

from . import local_packages_in_uv_lock, lock_files_to_requirements
from .committed_files import SourceTree, join, text
from .dependency_source import Requirements
from .local_packages import LocalPackage, needed_by, resolve, workspace_root
from .pip_requirements import names_of, read
from .project_metadata import Project, is_package, nearest, read_project, table

__all__ = ["Requirements", "find"]

NOT_COMMITTED = "Commit it, or give its path as the app's source has it."
LOCKS = ("poetry.lock", "pdm.lock", "Pipfile.lock")
# What is taken if there is no requirements.txt, best first.
USUAL = (
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements-prod.txt",
    "requirements/base.txt",
)


def find(tree: SourceTree, app: App, chdir: str) -> Requirements:
    """Dependencies in `chdir`, else in the nearest folder above it; what the app's settings name wins.

    Raises:
        UsageError: a file is missing or in a format that cannot be installed from.
    """
    if app.requirements:
        for path in app.requirements:
            if path not in tree.files:
                raise UsageError(f"app.requirements: {path} is not in the commit", hint=NOT_COMMITTED)
        return _whole(tree, app, _given(tree, app, app.requirements, chdir))
    found = next((found for folder in _upward(chdir) if (found := _in(tree, app, folder))), Requirements("none"))
    return _whole(tree, app, found)


def _upward(folder: str) -> list[str]:
    """A folder and all above it, up to the top of the source."""
    return [folder, *_upward(posixpath.dirname(folder))] if folder else [""]


def _whole(tree: SourceTree, app: App, found: Requirements) -> Requirements:
    """Adds the packages that those in the commit need, the files that these depend on, and what the inventory adds."""
    if found.kind in ("requirements", "none") and not found.dynamic and (app.extras or app.groups):
        raise UsageError(
            f"app.{'extras' if app.extras else 'groups'}: the app's dependencies are plain requirements, without any",
            hint="Name further files in app.requirements, or further packages in app.add_requirements.",
        )
    for path in app.constraints:
        if path not in tree.files:
            raise UsageError(f"app.constraints: {path} is not in the commit", hint=NOT_COMMITTED)
    paths = [package.path for package in found.local]
    how: Literal["needed", "alone"] = "alone" if found.kind == "locked" else "needed"
    more = tuple(LocalPackage(path, how) for path in needed_by(tree, paths)) if found.kind != "uv" else ()
    files, names = dict.fromkeys((*found.files, *app.constraints)), {*found.names, *names_of(app.add_requirements)}
    for package in (*found.local, *more):
        project = read_project(tree, package.path) if package.path not in tree.files else None
        files |= dict.fromkeys(project.files if project else (package.path,))
        names |= names_of(project.dependencies or ()) if project else set()
    return replace(found, local=(*found.local, *more), files=tuple(files), names=frozenset(names))


def _given(tree: SourceTree, app: App, paths: tuple[str, ...], chdir: str) -> Requirements:
    folder, name = posixpath.split(paths[0])
    if name not in ("uv.lock", "pyproject.toml", "setup.py", "pylock.toml", *LOCKS):
        return _pip(tree, app, paths, chdir)
    found = _uv(tree, app, folder) if name == "uv.lock" else None
    found = found or (_locked(tree, app, paths[0]) if name in ("pylock.toml", *LOCKS) else None)
    found = found or _in_workspace(tree, app, folder) or _project(tree, app, folder)
    if len(paths) > 1 or not found:
        raise UsageError(
            f"app.requirements: {paths[0]} must stand alone and list the project's dependencies",
            hint="Name that file only, or several files of plain requirements.",
        )
    return found


def _in(tree: SourceTree, app: App, folder: str) -> Requirements | None:
    if join(folder, "uv.lock") in tree.files:
        return _uv(tree, app, folder)
    if join(folder, "pylock.toml") in tree.files:
        return _locked(tree, app, join(folder, "pylock.toml"))
    for name in USUAL:
        if join(folder, name) in tree.files:
            return _pip(tree, app, (join(folder, name),), folder)
    for name in LOCKS:
        if join(folder, name) in tree.files:
            return _locked(tree, app, join(folder, name))
    if found := _in_workspace(tree, app, folder) or _project(tree, app, folder):
        return found
    for name, advice in FOREIGN:
        if join(folder, name) in tree.files:
            raise UsageError(f"cannot install from {join(folder, name)} alone", hint=advice)
    return None


FOREIGN = (
    ("Pipfile", "Commit its Pipfile.lock (`pipenv lock`), or set app.requirements."),
    *(
        (
            name,
            "Hosts have no conda. Commit a requirements.txt with what the app needs from PyPI (`pip freeze`), and name "
            "what else it needs, such as libpq5, in app.packages.",
        )
        for name in ("environment.yml", "environment.yaml")
    ),
)


def _locked(tree: SourceTree, app: App, path: str) -> Requirements:
    """What another tool's lock file lists; uv installs it as it stands, with hashes."""
    folder = posixpath.dirname(path)
    project = read_project(tree, folder)
    content = text(tree, path) if path.endswith(("pylock.toml", "Pipfile.lock")) else ""
    try:
        listed = [resolve(tree, path, one, (folder,)) for one in lock_files_to_requirements.local_paths(path, content)]
        names = {*lock_files_to_requirements.locked_names(path, content), *((project and project.dependencies) or ())}
    except ValueError as error:
        raise UsageError(f"{path}: {error}", hint=f"Make {path} again by the tool that wrote it, and commit.") from None
    poetry = table(project.document if project else {}, "tool", "poetry", "dependencies")
    itself = [package.path for package in _itself(tree, app, project)]
    inside = dict.fromkeys([*listed, *needed_by(tree, [folder]), *itself] if project else listed)
    local = tuple(LocalPackage(one, "alone") for one in inside if one != folder or app.install_project is not False)
    files = (path, *(project.files if project else ()))
    return Requirements("locked", (path,), files, names_of([*names, *poetry]), folder, local=local)


def _uv(tree: SourceTree, app: App, folder: str, member: Project | None = None) -> Requirements | None:
    """What uv.lock says of the project in its folder, or of another member of its workspace."""
    root = read_project(tree, folder)
    if root is None:
        return None
    project = member or root
    name = project.name or None
    lock = join(folder, "uv.lock")
    files = tuple(dict.fromkeys((join(folder, "pyproject.toml"), lock, *project.files)))
    local = local_packages_in_uv_lock.local_packages(tree, folder, name, app.extras, app.groups)
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
    if "dependencies" in table(project.document, "project"):
        roots = (join(folder, "pyproject.toml"),)
        local = (*itself, *(LocalPackage(path, "needed") for path in needed_by(tree, [folder])))
        return Requirements("pyproject", roots, project.files, names, folder, local=local)
    if poetry := table(project.document, "tool", "poetry", "dependencies"):
        local = (*itself, *(LocalPackage(path, "needed") for path in needed_by(tree, [folder])))
        return Requirements("poetry", (), project.files, names_of(poetry), folder, local=local)
    if not itself:
        return None
    itself = (replace(itself[0], extras=f"[{','.join(app.extras)}]" if app.extras else "", how="complete"),)
    return Requirements("none", (), project.files, names, folder, local=itself,
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
