"""Names a venv by all that goes into it: releases with the same inputs share one."""

from __future__ import annotations

import hashlib

from slipway.model.step import Target
from slipway.steps import package_indexes
from slipway.steps.wheels_sent_with_release import sent_wheels

# Settings that say what is installed besides.
ADDED = ("extras", "groups", "add_requirements")


def key(target: Target) -> str:
    """What stands for all inputs: hex digits, those of the app's own packages apart."""
    code = _code(target)
    return f"{dependencies_key(target)}_{code}" if code else dependencies_key(target)


def dependencies_key(target: Target) -> str:
    """16 hex digits that stand for all inputs but the code of the app's own packages."""
    needs = target.detected.requirements
    parts = [str(target.app.python), *target.detected.servers]
    for file in needs.files:
        parts += [file, target.source.files[file]]
    parts += [repr(package) for package in needs.local]
    parts += [f"{key} {value}" for key in ADDED for value in getattr(target.app, key)]
    parts += package_indexes.key(target)
    parts += [f"{digest} {name}" for name, digest in sent_wheels(target).items()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _code(target: Target) -> str:
    """12 hex digits that stand for the files of the packages that lie in the commit; empty if there are none."""
    paths = [package.path for package in target.detected.requirements.local]
    if not paths:
        return ""
    files = target.source.files
    if "" not in paths:
        starts = tuple(f"{path}/" for path in paths)
        files = {path: hash for path, hash in files.items() if path.startswith(starts) or path in paths}
    text = "\0".join(f"{path} {files[path]}" for path in sorted(files))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
