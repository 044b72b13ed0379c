"""patchwork's working parts load beside fabric 3 and invoke 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from slipway.core.patchwork_compat import patchwork


def test_patchwork_loads_and_drives_a_connection() -> None:
    ran: list[str] = []
    connection = SimpleNamespace(
        user="deploy", host="web1", port=2222, connect_kwargs={}, local=ran.append, run=ran.append
    )
    patchwork().rsync(connection, "app/", "/srv/app", exclude=".git")
    assert ran[0].startswith("rsync") and ran[0].endswith("app/ deploy@web1:/srv/app")
    assert '--exclude ".git"' in ran[0] and "-p 2222" in ran[0]


def test_importing_the_shim_loads_neither_patchwork_nor_six(root: Path) -> None:
    probe = "import sys, slipway.core.patchwork_compat; sys.exit(bool({'patchwork', 'six'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", probe], cwd=root, check=False).returncode == 0
