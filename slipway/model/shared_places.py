"""Which places of a release lead to `shared/`: one sorted list without overlaps, decided before a host is contacted."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from slipway.core.errors import UsageError
from slipway.detect import Detected
from slipway.detect.committed_files import module_file
from slipway.inventory.app import App
from slipway.model.refuse_in_commit import bytecode_folder
from slipway.source import Source

_INVENTORY = "inventory.toml: app."


class SharedPlace(Struct, frozen=True, order=True):
    """A path of the release that is a link to the same path below `shared/`.

    Attributes:
        path: relative to the source.
        folder: whether it is a folder; otherwise it is a file.
        origin: who asks for it, as an error names it.
        public: whether it is the folder of uploads that nginx serves.
        database: whether it is a database that the settings name.
    """

    path: str
    folder: bool
    origin: str = ""
    public: bool = False
    database: bool = False

    def __contains__(self, path: str) -> bool:
        """Whether another path is this one, or lies inside of it."""
        return path == self.path or (self.folder and inside(path, self.path))


def inside(path: str, folder: str) -> bool:
    """Whether a path lies below a folder."""
    return path.startswith(f"{folder}/")


def shared_places(app: App, detected: Detected, source: Source) -> tuple[SharedPlace, ...]:
    """The places of a release that are links to `shared/`; what lies in one of them already is no place of its own.

    Raises:
        UsageError: they cannot be kept apart from each other, or from code, built or static files, or committed links.
    """
    kept: list[SharedPlace] = []
    for place in sorted(_wanted(app, detected)):
        above = next((one for one in kept if place.path in one or inside(place.path, one.path)), None)
        if above is None:
            kept.append(place)
        elif not above.folder and (place.folder or place.path != above.path):
            raise UsageError(
                f"{place.origin} is a folder, and {above.origin} is a file, at the same path",
                hint=f"Give one of them another place than {above.path}.",
            )
    for place in kept:
        _refuse_committed(place, source)
        _refuse_code(place, app, detected, source)
    _refuse_uploads(kept, app, source)
    _refuse_files(kept, app)
    _refuse_static(kept, app, detected, source)
    return tuple(kept)


def _wanted(app: App, detected: Detected) -> Iterator[SharedPlace]:
    where = f"of {detected.settings}" if detected.settings else "of the settings"
    for path in app.linked_dirs:
        yield SharedPlace(path, True, f"{_INVENTORY}linked_dirs: '{path}'")
    for path in app.linked_files:
        yield SharedPlace(path, False, f"{_INVENTORY}linked_files: '{path}'")
    for path in detected.media:
        yield SharedPlace(path, True, f"MEDIA_ROOT {where} ('{path}')", public=True)
    for path in detected.databases:
        yield SharedPlace(path, False, f"the database {where} ('{path}')", database=True)


def _refuse_committed(place: SharedPlace, source: Source) -> None:
    """Refuse a place whose parent leads elsewhere, and what is committed as another kind of file than it is."""
    _refuse_link(place.path, place.origin, source)
    if bytecode_folder(place.path):
        raise UsageError(
            f"{place.origin} lies in __pycache__, which is for bytecode: no release would find its own there",
            hint="Give data a folder of its own.",
        )
    for above in _parents(place.path):
        if above in source.files:
            raise UsageError(
                f"{place.origin} cannot be made: {above} is a committed file", hint=f"Rename {above}, or the place."
            )
    if place.folder and place.path in source.files:
        raise UsageError(
            f"{place.origin} is a file in the commit, not a folder",
            hint="Put it into linked_files, or take it out of the repository.",
        )
    if not place.folder and any(inside(path, place.path) for path in source.files):
        raise UsageError(
            f"{place.origin} is a folder in the commit, not a file",
            hint="Put it into linked_dirs, or take it out of the repository.",
        )


def _refuse_link(path: str, origin: str, source: Source) -> None:
    for link in (path, *_parents(path)):
        if link in source.links:
            raise UsageError(
                f"{origin}: {link} is a committed link, which could lead out of the release",
                hint=f"Take it out of the repository (git rm {link}); the deploy makes the links that are needed.",
            )


def _refuse_code(place: SharedPlace, app: App, detected: Detected, source: Source) -> None:
    """Refuse a place that holds what the app is run from: all releases would run the code of the first one."""
    for path in _code(app, detected, source):
        if path in place:
            raise UsageError(
                f"{place.origin} holds {path}, which is code: every release would run the first one's",
                hint="Give data a folder of its own.",
            )


def _code(app: App, detected: Detected, source: Source) -> Iterator[str]:
    chdir = detected.chdir or app.chdir or ""
    if chdir:
        yield chdir
    yield from detected.requirements.files
    for name in (detected.settings, (detected.target or "").partition(":")[0]):
        file = module_file(source, name, chdir, *detected.python_path) if name else None
        if file:
            yield file


def _refuse_uploads(places: list[SharedPlace], app: App, source: Source) -> None:
    """Refuse built files that could not be seen, or that would be put where a link leads."""
    for path in app.uploads:
        origin = f"{_INVENTORY}uploads: '{path}'"
        _refuse_link(path, origin, source)
        over = next((place for place in places if path in place), None)
        if over:
            raise UsageError(
                f"{origin} lies in what {over.origin} keeps in shared/: what is sent would not be seen",
                hint=f"Build it to another folder than {over.path}.",
            )
        twin = next((other for other in app.uploads if inside(path, other)), None)
        if twin or app.uploads.count(path) > 1:
            raise UsageError(f"{origin} is sent twice", hint=f"Leave only '{twin or path}' in the list.")


def _refuse_files(places: list[SharedPlace], app: App) -> None:
    """Refuse files of the operator that would end in shared/, outlive their release, or take each other's place."""
    for path in app.files:
        origin = f"{_INVENTORY}files: '{path}'"
        over = next((place for place in places if path in place or inside(place.path, path)), None)
        if over:
            raise UsageError(
                f"{origin} lies in what {over.origin} keeps in shared/: it belongs to its release",
                hint=f"Give it a place outside of {over.path}.",
            )
        other = next((one for one in app.files if one != path and inside(path, one)), None)
        sent = next((one for one in app.uploads if inside(one, path)), None)
        if other or sent:
            raise UsageError(f"{origin} is a file, and {other or sent} lies in it", hint="Give it another place.")


def _refuse_static(places: list[SharedPlace], app: App, detected: Detected, source: Source) -> None:
    """Refuse a STATIC_ROOT inside a place: each release has static files of its own."""
    root = detected.static_root
    if not root or not app.static:
        return
    origin = f"STATIC_ROOT of {detected.settings} ('{root}')"
    if any(link in source.links for link in _parents(root)):
        _refuse_link(root, origin, source)
    over = next((place for place in places if root in place or inside(root, place.path)), None)
    if over:
        raise UsageError(
            f"{origin} lies in what {over.origin} keeps in shared/: releases would overwrite each other's static files",
            hint="Set STATIC_ROOT to a folder of its own, such as BASE_DIR / 'staticfiles', that is not linked.",
        )
    shown = next((place for place in places if place.database and inside(place.path, root)), None)
    if shown:
        raise UsageError(
            f"{shown.origin} lies in {origin}: every visitor could download it", hint="Put it into a folder of its own."
        )


def _parents(path: str) -> Iterator[str]:
    """The folders above a path, the highest first."""
    parts = path.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))
