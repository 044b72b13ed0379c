"""What `fab` loads. In an app's own repository it is one line: `from slipway.tasks import namespace`."""

from __future__ import annotations

from tasks import namespace

__all__ = ["namespace"]
