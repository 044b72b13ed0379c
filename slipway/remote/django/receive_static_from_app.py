"""Receive the static files that an app sends on standard input, see `django.collectstatic`.

Runs as the account that deploys, and believes nothing: files are written into a folder that the app cannot reach, by
plain names only, and only as much as the disk has room for.

Options:
    folder: the folder of this collection; files go to `files/` in it, which must not be there yet. Besides are written:
        read: what was read, one a line, only if that proves anything.
        place: two lines, a path in the source and the folder below `files/` that it must lead to; or nothing.
        told: the notes on the database, one a line.
        links: lines of a path below `files/`, a tab, and where it must lead to.
    tree, shared: the release's source, and what outlives it.
    told: file with the notes on the database that were told of the release before; what it has is not told again.
    linked: paths in the source that lead into shared/: they stay so where STATIC_ROOT has them inside.
"""

from __future__ import annotations

import os

from slipway.remote.host.program_io import Failed, marked_line, run, say
from slipway.remote.host.read_output_until_exit import sender_output
from slipway.remote.host.receive_files import line, plain, receive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NOTES = 50
ONCE = " [database]"  # such a note is told where it is new


def main(options: dict[str, Any]) -> None:
    """Write the files that arrive, and pass the app's output on."""
    root = os.path.join(options["folder"], "files")
    os.umask(0o022)
    os.mkdir(root)
    report = receive(sender_output(options), root)
    say(line(report.get("summary")))
    before, databases = known(options.get("told")), []
    for text in map(line, list(report.get("notes") or [])[:NOTES]):
        databases += [text] if text.endswith(ONCE) else []
        if text not in before:
            marked_line("note", text)  # it has its name already
    put(options, "told", "".join(f"{text}\n" for text in databases))
    for text in list(report.get("why") or [])[:NOTES]:
        say(f"the next deploy has to collect again: {line(text)}")
    write(options, report)


def known(path: str | None) -> list[str]:
    """Read what was told of the release before."""
    if not path or not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()


def write(options: dict[str, Any], report: dict[str, Any]) -> None:
    """Write what the deploy goes on with."""
    links = {plain(name): absolute(path) for name, path in dict(report.get("links") or {}).items()}
    place = ""
    if report.get("place"):
        inside, folder = plain(report["place"]), plain(report["folder"]) if report["folder"] else "."
        place = f"{inside}\n{folder}\n"
        for path in options["linked"]:
            if path.startswith(f"{inside}/"):
                links[os.path.normpath(os.path.join(folder, path[len(inside) + 1 :]))] = f"{options['shared']}/{path}"
    put(options, "place", place)
    put(options, "links", "".join(f"{name}\t{path}\n" for name, path in links.items()))
    if isinstance(report.get("read"), list):
        paths = [path for path in report["read"] if isinstance(path, str) and path and "\n" not in path]
        put(options, "read", "".join(f"{path}\n" for path in paths))


def absolute(path: Any) -> str:
    if not isinstance(path, str) or not path.startswith("/"):
        raise Failed(f"the app names a folder to serve that is no path: {line(path)!r}")
    return "/" + plain(path[1:])


def put(options: dict[str, Any], name: str, text: str) -> None:
    with open(os.path.join(options["folder"], name), "x", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)


if __name__ == "__main__":
    run(main)
