"""Keep backups in a repository of restic, as the account that deploys: encrypted, and equal parts are stored once."""

from __future__ import annotations

import json
import os

from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import Any

ARCHIVE = "backup.tar"  # the one file of each snapshot
LOCAL = "host"  # the name of the repository on this host


class Repository:
    """One repository.

    Args:
        folder: the app's folder of backups, which belongs to us alone.
        name: `host`, or one of the inventory's.
    """

    def __init__(self, folder: str, name: str = LOCAL) -> None:
        self.folder, self.name = folder, name
        self.env = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": folder,
            "RESTIC_CACHE_DIR": os.path.join(folder, "cache"),
            "LC_ALL": "C.UTF-8",
        }
        if name == LOCAL:
            self.env["RESTIC_REPOSITORY"] = os.path.join(folder, "repository")
            self.env["RESTIC_PASSWORD_FILE"] = os.path.join(folder, "password")
        else:
            self.env |= destination_env(folder, name)

    def start(self, *words: str, **more: Any) -> subprocess.Popen[bytes]:
        """Start restic."""
        import subprocess

        try:
            return subprocess.Popen(["restic", "--quiet", *words], env=self.env, **more)
        except FileNotFoundError:
            raise Failed(
                "restic is not installed here: write [app.backup] into the inventory and run `fab provision`, "
                "or on a host without root have its administrator install it"
            ) from None

    def run(self, *words: str) -> bytes:
        """Run restic to its end, and return what it prints.

        Raises:
            Failed: with what it says.
        """
        import subprocess

        child = self.start(*words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = child.communicate()
        if child.returncode:
            said = " ".join(err.decode("utf-8", "replace").split())[-500:]
            raise Failed(f"restic {words[0]} failed ({self.name}): {said}")
        return out

    def make_sure(self) -> None:
        """Make the repository where it is not there yet."""
        if self.name == LOCAL:
            if os.path.exists(os.path.join(self.folder, "repository", "config")):
                return
            if not os.path.exists(self.env["RESTIC_PASSWORD_FILE"]):
                write_private(self.env["RESTIC_PASSWORD_FILE"], os.urandom(24).hex() + "\n")
            self.run("init")
            return
        try:
            self.run("cat", "config")
        except Failed as failed:
            try:
                self.run("init")
            except Failed:
                raise failed from None

    def snapshots(self) -> list[dict[str, Any]]:
        """Return what is in it, the oldest first."""
        return sorted(json.loads(self.run("snapshots", "--json") or b"[]") or [], key=lambda one: str(one["time"]))

    def forget(self, snapshots: list[str]) -> None:
        """Delete snapshots, and what only they needed."""
        if snapshots:
            self.run("unlock")  # of a run that was cut off
            self.run("forget", "--prune", *snapshots)


def destination_env(folder: str, name: str) -> dict[str, str]:
    """Return the variables for restic of a destination, as the last deploy or backup has brought them."""
    try:
        with open(os.path.join(folder, "destinations", f"{name}.json"), encoding="utf-8") as file:
            return {str(key): str(value) for key, value in json.load(file).items()}
    except (OSError, ValueError):
        raise Failed(
            f"the destination '{name}' is not known to this host yet: run `fab db.backup` "
            "once on a machine that has its variables"
        ) from None


def write_private(path: str, text: str) -> None:
    """Write a file that nobody else may read, whole or not at all."""
    new = f"{path}.new"
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
