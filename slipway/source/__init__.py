"""Resolves which commit is deployed, reads its files, and finds which git objects must be sent."""

from __future__ import annotations

from .commit_files import Source
from .resolve_commit import of_tree, resolve

__all__ = ["Source", "of_tree", "resolve"]
