"""Run a program of ours as the app's account in its current release, and read its answer, of which nothing is believed.

The program comes by its standard input, so that neither sudo's log nor the list of processes shows it.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress

from slipway.remote.host.program_io import Failed
from slipway.remote.host.read_output_until_exit import OUTPUT_PIECE, ProcessOutput
from slipway.remote.host.receive_files import exactly, header, line, parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import Any, BinaryIO

START_PROGRAM = "import sys;exec(sys.stdin.buffer.read(int(sys.argv.pop(1))))"
LONGEST_REPORT = 16 << 20  # bytes
RELEASE_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


class AppProgram:
    """A program that runs as the app's account.

    Args:
        options: {base, as_app (words that run a command as that account), programs ({name: text})}.
        name: of the program. words: its options.
    """

    def __init__(self, options: dict[str, Any], name: str, words: dict[str, Any]) -> None:
        import io
        import subprocess

        text = options["programs"][name].encode()
        launcher = os.path.join(options["base"], "releases", current_release(options["base"]), "conf", "run")
        python = ["/usr/bin/python3", "-I", "-S", "-c", START_PROGRAM, str(len(text)), json.dumps(words)]
        self.child: subprocess.Popen[bytes] = subprocess.Popen(
            [*options["as_app"], launcher, *python],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
        )
        assert self.child.stdin and self.child.stdout
        self.output: BinaryIO = io.BufferedReader(
            ProcessOutput(self.child.stdout.fileno(), self.child.pid), OUTPUT_PIECE
        )
        self.input = self.child.stdin
        with suppress(BrokenPipeError):  # its answer, or the lack of one, says why
            self.input.write(text)
            self.input.flush()

    def close_input(self) -> None:
        with suppress(BrokenPipeError):
            self.input.close()

    def report(self) -> dict[str, Any]:
        """Return what it reports at its end."""
        kind, sizes = header(self.output)
        return self.ending(kind, sizes)

    def ending(self, kind: str, sizes: list[int]) -> dict[str, Any]:
        """Return the report whose header has been read.

        Raises:
            Failed: it failed, in its own words, or broke off.
        """
        if kind not in ("report", "failed") or len(sizes) != 1 or sizes[0] > LONGEST_REPORT:
            raise Failed("the app's account gave no answer that can be read: the last lines say why")
        value = parsed(exactly(self.output, sizes[0]))
        self.end()
        if kind == "failed":
            raise Failed(line(value.get("reason")))
        return value

    def end(self) -> None:
        self.close_input()
        self.child.stdout.close() if self.child.stdout else None
        self.child.wait()


def current_release(base: str) -> str:
    """Return the id of the current release.

    Raises:
        Failed: there is none.
    """
    try:
        found = os.path.basename(os.readlink(os.path.join(base, "current")))
    except OSError:
        found = ""
    if not RELEASE_ID.fullmatch(found):
        raise Failed("nothing has been deployed here yet: run `fab deploy` first")
    return found
