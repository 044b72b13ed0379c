"""Names the version of Slipway."""

from __future__ import annotations

VERSION = "0.1.0"
