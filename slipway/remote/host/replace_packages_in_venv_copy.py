"""Exchange packages in the copy of a venv for those that were installed into a new, empty one; nothing of them is run.

Options:
    venv: the copy, whose files may be hardlinks: they are replaced and removed, never written.
    own: the new venv, whose files are moved over.
"""

from __future__ import annotations

import csv
import glob
import os
import shutil

from slipway.remote.host.program_io import Failed, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Remove what the packages had installed before, then move the new files over."""
    venv, own = options["venv"], options["own"]
    for info in glob.glob(os.path.join(glob.escape(own), "lib/python*/site-packages/*.dist-info")):
        begin = os.path.join(venv, os.path.relpath(os.path.dirname(info), own))
        name = os.path.basename(info).split("-")[0]
        for old in glob.glob(os.path.join(glob.escape(begin), f"{glob.escape(name)}-*.dist-info")):
            remove(venv, begin, old)
    own_bin = os.path.join(own, "bin")
    for name in os.listdir(own_bin):
        place = os.path.join(own_bin, name)
        if name.startswith("activate"):
            os.unlink(place)  # the copy has its own
        elif not os.path.islink(place) and os.path.isfile(place):
            rewrite(place, f"{own}/".encode(), f"{venv}/".encode())
    move(own, venv)


def remove(venv: str, packages: str, info: str) -> None:
    """Remove the files that a package's RECORD lists, as far as they lie in the venv."""
    with open(os.path.join(info, "RECORD"), encoding="utf-8", errors="replace", newline="") as lines:
        paths = [row[0] for row in csv.reader(line.replace("\0", "") for line in lines) if row]
    for path in paths:
        place = os.path.normpath(os.path.join(packages, path))
        folder, name = os.path.split(place)
        if not os.path.realpath(folder).startswith(f"{os.path.realpath(venv)}/") or os.path.isdir(place):
            continue
        compiled = os.path.join(glob.escape(folder), "__pycache__", f"{glob.escape(name[:-3])}.*.pyc")
        for file in [place, *(glob.glob(compiled) if name.endswith(".py") else [])]:
            if os.path.lexists(file):
                os.unlink(file)
        for empty in (os.path.join(folder, "__pycache__"), folder):
            if os.path.isdir(empty) and not os.listdir(empty):
                os.rmdir(empty)
    shutil.rmtree(info, ignore_errors=True)


def rewrite(place: str, old: bytes, new: bytes) -> None:
    """Put another path into a script, if it is a text."""
    with open(place, "rb") as file:
        content = file.read()
    if old in content and b"\0" not in content:
        with open(place, "wb") as file:
            file.write(content.replace(old, new))


def move(source: str, to: str) -> None:
    """Move all files of a folder; those of the same name are replaced."""
    for folder, folders, files in os.walk(source):
        there = os.path.normpath(os.path.join(to, os.path.relpath(folder, source)))
        os.makedirs(there, exist_ok=True)
        for name in files:
            place = os.path.join(there, name)
            if os.path.isdir(place):
                raise Failed(f"a package of the app brings a file {name!r}, where another one has a folder")
            os.rename(os.path.join(folder, name), place)
        folders[:] = [name for name in folders if not os.path.islink(os.path.join(folder, name))]


if __name__ == "__main__":
    run(main)
