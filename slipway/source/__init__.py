"""Which commit is deployed, what is in it, and which git objects have to travel."""

from __future__ import annotations

from .commit_files import Source
from .resolve_commit import of_tree, resolve

__all__ = ["Source", "of_tree", "resolve"]
