"""What `fab` loads: the tasks of Slipway."""

from __future__ import annotations

import os
import sys

# fab switches the writing of bytecode off, and compiling Slipway anew would be most of a task's start-up.
sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))

from slipway.pipes import guard  # noqa: E402
from tasks import namespace  # noqa: E402

guard()

__all__ = ["namespace"]
