"""Which commit is deployed, what is in it, and which git objects have to travel."""

from __future__ import annotations

from .commit import of_tree, resolve
from .content import Source

__all__ = ["Source", "of_tree", "resolve"]
