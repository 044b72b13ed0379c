"""Rotation of nginx's logs where there is no root: the script that cron runs."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path, PurePosixPath

from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.hosts_to_targets import layout_of
from slipway.render.templates import render


def test_only_large_logs_are_rotated_and_nginx_opens_new_ones(tmp_path: Path) -> None:
    layout = layout_of(Host(name="mine", app=App(name="shop", root=str(tmp_path)), rootless=True))
    folder, home = tmp_path / "shop" / "log", tmp_path / ".slipway"
    folder.mkdir(parents=True)
    (home / "nginx").mkdir(parents=True)
    script = home / "rotate"
    script.write_text(render("rotate-rootless.j2", layout=layout, home=PurePosixPath(home)))
    access = folder / "nginx.access.log"
    (folder / "nginx.error.log").write_text("small")
    nginx = subprocess.Popen(["sh", "-c", f"trap 'touch {tmp_path}/told' USR1; while :; do sleep 0.05; done"])
    try:
        (home / "nginx" / "nginx.pid").write_text(f"{nginx.pid}\n")
        for _ in range(6):
            access.touch()
            os.truncate(access, 101 << 20)
            subprocess.run(["bash", script], check=True)
        deadline = time.monotonic() + 5
        while not (tmp_path / "told").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        nginx.kill()
        nginx.wait()
    assert (tmp_path / "told").exists()
    assert sorted(path.name for path in folder.iterdir()) == [
        *(f"nginx.access.log.{number}" for number in (1, 2, 3, 4)),
        "nginx.error.log",
    ]
