"""An app's folder on this machine, deployed to by the real scripts that link, delete and take back; no host needed."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from slipway.core.errors import UsageError
from slipway.core.shell import PRELUDE
from slipway.model.hosts_to_targets import layout_of
from slipway.model.release import Release
from slipway.model.step import Step, Target, compose
from slipway.source import Source
from slipway.source.commit_files import Entry
from slipway.steps import how_to_revert, prune, shared_links, static, upload_built_files
from tests.steps.targets import target as some_target

KEEP = 2


class Commit(Source, frozen=True):
    """A source without a repository."""

    @property
    def files(self) -> dict[str, str]:
        return {entry.path: entry.hash for entry in self.entries}


class Layout(Struct, frozen=True, kw_only=True):
    """What a commit and the inventory say about data.

    Attributes:
        committed: content of files by their paths. links: where committed links lead to; "SHARED" stands for shared/.
        unseen: links that nobody knows of before the scripts run, as those in built files.
        uploads: built files: paths that are sent.
    """

    linked_dirs: tuple[str, ...] = ()
    linked_files: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    static_root: str | None = None
    uploads: tuple[str, ...] = ()
    committed: Mapping[str, str] = {}
    links: Mapping[str, str] = {}
    unseen: Mapping[str, str] = {}


class Site:
    """One app's folder.

    Attributes:
        refused: why the last deploy was refused before anything was contacted; "" if it was not.
        said: what the scripts of the last deploy said.
    """

    def __init__(self, folder: Path) -> None:
        self.base = folder / "shop"
        self.shared = self.base / "shared"
        self.count = 0
        self.refused = self.said = ""
        for name in (
            "releases",
            "shared",
            "static",
            "uploads",
            "log",
            "env",
            "venvs",
            "supervisor.d",
            "run",
            "stopped",
        ):
            (self.base / name).mkdir(parents=True)

    @property
    def current(self) -> Path:
        """The code of the release that serves."""
        return self.base / "current" / "app"

    def deploy(self, layout: Layout, well: bool = True) -> bool:
        """Deploy; whether the new release serves.

        Args:
            well: whether it boots.
        """
        self.count += 1
        target = self._target(layout)
        self.refused = self.said = ""
        try:
            steps = [upload_built_files.place(target), shared_links.link(target), static.collect(target)]
        except UsageError as error:
            self.refused = error.message
            return False
        self._lay_down(target, layout)
        if not self._run(*steps) or not well:
            self._bash(f"cd {self.base}", "previous=", how_to_revert._delete(target).text)
            return False
        self._switch(target.release.id)
        assert self._run(prune.begin(target), prune.prune(target)), self.said
        return True

    def roll_back(self) -> bool:
        """Return to the release before; whether there is one."""
        standby = self.base / "standby"
        if standby.is_symlink() and standby.exists():
            self._switch(standby.readlink().name)
            return True
        return False

    def write(self, path: str, text: str) -> bool:
        """Have the app write a file, by a path of its release; whether it can."""
        place = self.current / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        except OSError:
            return False
        return True

    def bytes(self) -> dict[str, bytes]:
        """Every file in shared/; links are told as what they are."""
        found: dict[str, bytes] = {}
        for folder, folders, files in os.walk(self.shared):
            for name in (*files, *folders):
                path = Path(folder, name)
                if path.is_symlink():
                    found[str(path.relative_to(self.shared))] = b"-> " + os.fsencode(path.readlink())
                elif path.is_file():
                    found[str(path.relative_to(self.shared))] = path.read_bytes()
        return found

    def _target(self, layout: Layout) -> Target:
        made = some_target(
            linked_dirs=layout.linked_dirs,
            linked_files=layout.linked_files,
            uploads=layout.uploads,
            root=str(self.base.parent),
            keep=KEEP,
        )
        host = replace(made.host, rootless=True)
        committed = [Entry("100644", "blob", "1", path) for path in layout.committed]
        links = [Entry("120000", "blob", "2", path) for path in layout.links]
        source = Commit(Path("/repo"), "c", "t", "main", "Begin", entries=(*committed, *links))
        found: dict[str, Any] = {
            "media": layout.media, "databases": layout.databases, "static_root": layout.static_root,
        }  # fmt: skip
        old = made.release
        id = f"20261120-13{self.count // 60:02}{self.count % 60:02}-abc1234"
        release = Release(id, old.commit, old.tree, old.ref, old.subject, old.who, old.when)
        detected = replace(made.detected, **found)
        return replace(
            made, host=host, app=host.app, layout=layout_of(host), detected=detected, source=source, release=release
        )

    def _lay_down(self, target: Target, layout: Layout) -> None:
        """Do what git and rsync do."""
        app = Path(target.paths.app)
        for folder in (app, Path(target.paths.conf), Path(target.paths.run)):
            folder.mkdir(parents=True)
        for path, text in layout.committed.items():
            (app / path).parent.mkdir(parents=True, exist_ok=True)
            (app / path).write_text(text)
        for path, to in {**layout.links, **layout.unseen}.items():
            if not (app / path).exists() and not (app / path).is_symlink():
                (app / path).parent.mkdir(parents=True, exist_ok=True)
                (app / path).symlink_to(to.replace("SHARED", str(self.shared)))
        for upload in upload_built_files.place(target).uploads:
            Path(upload.target).mkdir(parents=True, exist_ok=True)
            (Path(upload.target) / "built.js").write_text("built")
        (Path(target.paths.path) / "release.json").write_text("{}")
        self._collector(target, layout)

    def _collector(self, target: Target, layout: Layout) -> None:
        """Stand in for the app, which hands over its static files and says where it looks for them."""
        report = json.dumps({"folder": "static", "place": layout.static_root, "links": {}})
        launcher = Path(target.paths.launcher)
        launcher.write_text(f"#!/bin/sh\ncat > /dev/null\nprintf 'report %s\\n%s' {len(report)} '{report}'\n")
        launcher.chmod(0o755)

    def _switch(self, id: str) -> None:
        current, standby = self.base / "current", self.base / "standby"
        if current.is_symlink():
            standby.unlink(missing_ok=True)
            standby.symlink_to(current.readlink())
            current.unlink()
        current.symlink_to(f"releases/{id}")

    def _run(self, *steps: Step) -> bool:
        return self._bash(compose(steps).text)

    def _bash(self, *parts: str) -> bool:
        done = subprocess.run(
            ["bash", "-c", "\n".join([PRELUDE, *parts])],
            cwd=self.base, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        self.said += done.stdout.decode()
        return done.returncode == 0
