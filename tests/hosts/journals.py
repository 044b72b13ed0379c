"""Keeps what the hosts' journals and logs say when a host test fails, since the hosts are gone afterwards."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.hosts.hosts import Hosts

FOLDER = Path(__file__).resolve().parents[2] / "build" / "journals"
SHOWN = 60  # lines of each host that the report of the test shows; the file has them all

# The newest first, since the report is cut at the end.
JOURNAL = r"""
shopt -s nullglob
echo "== journal"
journalctl --no-pager --output=short-iso-precise --since="@SINCE" 2>&1 | tail -n 2000
for log in /srv/*/log/supervisord.log /var/log/nginx/error.log /var/log/slipway/*/error.log; do
  [[ -f $log && ! -L $log ]] || continue  # a hostile app may have put a pipe there
  echo "== $log"
  tail -n 200 -- "$log" 2>&1
done
for journal in /srv/*/undo /srv/*/undo.*; do echo "== $journal"; head -n 40 -- "$journal" 2>&1; done
echo "== processes"
ps -eo user:20,pid,ppid,stat,etime,args --sort=start_time 2>&1 | tail -n 80
"""


def keep(hosts: Hosts, test: str, since: float) -> list[tuple[str, str]]:
    """Write what each host says to a file, and return sections for pytest's report.

    Args:
        test: the test's id, which names the file.
        since: when the test began, in seconds since 1970.
    """
    sections = []
    script = JOURNAL.replace("SINCE", shlex.quote(f"{since:.0f}").strip("'"))
    for name in hosts.hosts:
        try:
            done = hosts.run(name, script)
            text = (done.stdout + done.stderr).decode("utf-8", "replace")
        except Exception as error:  # a host that is down must not hide why the test failed
            text = f"nothing could be read from {name}: {error!r}\n"
        path = FOLDER / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', test)[-150:]}.{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        journal = text.split("\n== /", 1)[0].splitlines()
        sections.append(
            (
                f"journal of {name}, its last lines; all of it: {path.relative_to(FOLDER.parents[1])}",
                "\n".join(journal[-SHOWN:]),
            )
        )
    return sections
