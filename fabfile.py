"""What `fab` loads: the tasks of Slipway."""

from __future__ import annotations

import os
import sys

# fab switches bytecode off for every run, and compiling Slipway each time would be most of the start-up of a task.
sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))

from tasks import namespace  # noqa: E402

__all__ = ["namespace"]
