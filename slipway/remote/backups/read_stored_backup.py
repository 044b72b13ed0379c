"""Read a stored backup back: hand it to a program of the app's account, and see that it is what was stored."""

from __future__ import annotations

import hashlib

from slipway.remote.backups.archive_from_app import checked_facts
from slipway.remote.backups.restic_repository import ARCHIVE
from slipway.remote.host.program_io import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

    from slipway.remote.backups.restic_repository import Repository
    from slipway.remote.backups.run_as_app import AppProgram


def pour(repository: Repository, record: dict[str, Any], out: IO[bytes]) -> str:
    """Write a backup to a pipe; returns what is wrong with it, or "". Whoever reads may stop reading."""
    import subprocess

    child = repository.start(
        "dump", record["snapshot"], f"/{ARCHIVE}", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout and child.stderr
    digest, size, reader = hashlib.sha256(), 0, True
    while data := child.stdout.read(1 << 18):
        digest.update(data)
        size += len(data)
        if reader:
            try:
                out.write(data)
            except BrokenPipeError:
                reader = False
    said = " ".join(child.stderr.read().decode("utf-8", "replace").split())[-300:]
    if child.wait():
        return f"it cannot be read from the repository: {said}"
    if (size, digest.hexdigest()) != (record["size"], record["sha256"]):
        return "it is not what was stored: its checksum differs"
    return ""


def prove(repository: Repository, record: dict[str, Any], prover: AppProgram) -> str:
    """Have a stored backup restored into scratch databases, and compare; returns why it is not proved, or ""."""
    wrong = pour(repository, record, prover.input)
    prover.close_input()
    try:
        report = prover.report()
        found = {one["member"]: one for one in report["databases"]}
        for told in record["manifest"]["databases"]:
            one = found.get(told["member"], {"failed": "it is not in the backup"})
            if wrong or "failed" in one:
                return wrong or f"database {told['name']}: {' '.join(str(one['failed']).split())[:500]}"
            if wrong := difference(told, checked_facts(one)):
                return f"database {told['name']}: {wrong}"
    except (KeyError, TypeError, ValueError, AttributeError):
        return wrong or "the app's account gave no answer that can be read"
    except Failed as failed:
        return wrong or str(failed)
    return wrong


def difference(told: dict[str, Any], found: dict[str, Any]) -> str:
    """Say how a restored database differs from what was backed up, or ""."""
    lacking = sorted(set(told["tables"]) ^ set(found["tables"]))
    if lacking:
        return f"tables differ after it was restored: {', '.join(lacking[:5])}"
    for name, rows in sorted(told["tables"].items()):
        if found["tables"][name] != rows:
            return f"{name} has {found['tables'][name]} rows after it was restored, and had {rows}"
    return "" if told["schema"] == found["schema"] else "its schema differs after it was restored"
