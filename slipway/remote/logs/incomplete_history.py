"""Find how far back the logs of a host go, if that is less than the user asked for."""

from __future__ import annotations

from datetime import datetime, timezone

from slipway.remote.logs.history_start import SLACK, first_time
from slipway.remote.logs.log_files import RotatedLog
from slipway.remote.logs.read_file import BLOCK, CompressedLogFile

ROTATED = 3  # files before the one that is written to, from which on supervisord deletes the oldest
WHEN = "%Y-%m-%d %H:%M:%S"
WEB = "web"  # says something as soon as it starts; what other processes say first may come much later


def shortfall(logs: list[RotatedLog], since: float, reaching: set[str], of_release: bool) -> str:
    """Say where history begins; "" where it reaches back as far as was asked for.

    Args:
        reaching: processes that have a log which ends before that time.
        of_release: whether one release was asked for, which need not have been there then.
    """
    begins: dict[str, float] = {}
    lost: dict[str, float] = {}
    for log in logs:
        at, cut = beginning(log, since)
        begins[log.process] = min(at, begins.get(log.process, at))
        if cut and at > since + SLACK:
            lost[log.process] = max(at, lost.get(log.process, at))
    late = {
        process: at
        for process, at in begins.items()
        if at > since + SLACK and not of_release and process not in reaching
    }
    late.update(lost)
    if not late:
        return ""
    told = ", ".join(f"{process} at {datetime.fromtimestamp(at, timezone.utc):{WHEN}}" for process, at in late.items())
    return f"the logs do not reach back as far as that; they begin: {told} UTC"


def beginning(log: RotatedLog, since: float) -> tuple[float, bool]:
    """Return where a log begins, as far as that matters, and whether something before that was rotated away."""
    oldest = max([number for number, _ in log.packed] + [segment.number for segment in log.segments], default=0)
    created_at = created(log.release)
    cut = oldest >= (ROTATED if log.release else 1)
    if not cut and not (log.process == WEB and log.release):
        return created_at, False
    first = first_of(log, since)
    return (created_at, False) if first is None else (first, cut)


def first_of(log: RotatedLog, since: float) -> float | None:
    """Return the first time in a log; None if there is none, or if its oldest file ends before `since`."""
    if log.packed:
        number, path = log.packed[0]
        try:
            packed = CompressedLogFile(path, number)
        except OSError:  # deleted meanwhile
            return None
        lines = packed.read(BLOCK).split(b"\n")[:-1] if packed.written >= since else []
        packed.close()
        return next((at for line in lines if (at := log.stamps.of(line)) is not None), None)
    if not log.segments or log.segments[0].written < since:
        return None
    return first_time(log, log.segments[0], 0)


def created(release: str) -> float:
    """Return when a release was made, by its id; 0 for none."""
    if not release:
        return 0.0
    day, clock = release[:8], release[9:15]
    numbers = [int(part) for part in (day[:4], day[4:6], day[6:], clock[:2], clock[2:4], clock[4:])]
    try:
        return datetime(*numbers, tzinfo=timezone.utc).timestamp()  # type: ignore[arg-type,misc]
    except ValueError:  # somebody else's file
        return 0.0
