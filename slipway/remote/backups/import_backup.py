"""Store a backup that comes by standard input, a tar archive of another host, as one of this host; and prove it.

Options: as for `backups.make_backup`. Prints the id of the backup.
"""

from __future__ import annotations

import json
import os
import sys
import time

from slipway.remote.backups.archive_from_app import Tee, checked_report
from slipway.remote.backups.backup_records import alone, backups_folder, new_id, write_backup_record
from slipway.remote.backups.read_stored_backup import prove
from slipway.remote.backups.restic_repository import ARCHIVE, Repository
from slipway.remote.backups.run_as_app import AppProgram, current_release
from slipway.remote.host.program_io import Failed
from slipway.remote.host.receive_files import parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LONGEST_MANIFEST = 16 << 20  # bytes


class Passing:
    """Standard input, of which everything that is read is stored, too."""

    def __init__(self, tee: Tee) -> None:
        self.tee = tee

    def read(self, size: int) -> bytes:
        data = sys.stdin.buffer.read(size)
        self.tee.write(data)
        return data


def import_backup(options: dict[str, Any]) -> str:
    """Store and prove it; returns its id.

    Raises:
        Failed: it is no backup, or it cannot be restored.
    """
    os.umask(0o077)
    folder = backups_folder(options["base"])
    with alone(folder):
        repository = Repository(folder)
        repository.make_sure()
        began = time.time()
        about = {"id": new_id(folder), "made": began, "who": options["who"], "why": options["why"]}
        record = {**about, "release": current_release(options["base"]), **take_in(folder, repository)}
        prover = AppProgram(options, "prove_backup", {**options["send"], "size": record["size"]})
        wrong = prove(repository, record, prover)
        if wrong:
            repository.forget([record["snapshot"]])
            raise Failed(f"it cannot be restored here: {wrong}")
        record |= {"proved": time.time(), "seconds": round(time.time() - began, 2)}
        write_backup_record(folder, record)
    return str(record["id"])


def take_in(folder: str, repository: Repository) -> dict[str, Any]:
    """Store what comes; returns what the record says of it."""
    import subprocess

    host = os.path.basename(os.path.dirname(folder))
    words = ["--stdin", f"--stdin-filename={ARCHIVE}", f"--host={host}", "--json"]
    child = repository.start("backup", *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin and child.stdout
    tee = Tee(child.stdin, folder)
    try:
        manifest = manifest_of(Passing(tee))
        child.stdin.close()
    except (Failed, OSError) as error:
        child.kill()
        child.wait()
        raise error if isinstance(error, Failed) else Failed(f"restic does not take it: {error.strerror}") from None
    told = child.stdout.read().splitlines()
    if child.wait() or not told:
        raise Failed("restic could not store the backup")
    snapshot = str(json.loads(told[-1])["snapshot_id"])
    return {"snapshot": snapshot, "size": tee.size, "sha256": tee.digest.hexdigest(), "manifest": manifest}


def manifest_of(stream: Passing) -> dict[str, Any]:
    """Read an archive to its end, and return its manifest, checked."""
    import tarfile

    seen: set[str] = set()
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:  # type: ignore[call-overload]
            for one in tar:
                seen.add(one.name)
                if one.name == "manifest.json" and one.isreg() and one.size <= LONGEST_MANIFEST:
                    content = tar.extractfile(one)
                    manifest = parsed(content.read()) if content else None
    except tarfile.TarError:
        raise Failed("this is no backup of Slipway's, or not all of it") from None
    while stream.read(1 << 18):
        pass
    if manifest is None:
        raise Failed("this is no backup of Slipway's, or not all of it: it has no manifest")
    return checked_report(manifest, seen)


if __name__ == "__main__":
    try:
        print(import_backup(json.loads(sys.argv[1])))
    except Failed as failed:
        sys.exit(f"error: {failed}")
