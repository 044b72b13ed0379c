"""Programs that run on the hosts, with the host's own `python3 -I` and nothing but the standard library.

They are ordinary modules here, so that tests can import them; on the way to a host, a program and the modules
that it imports from this package become one text (see `program`), which travels inside a script. Rules:

- Python 3.9 (Debian 11) runs it, and start-up time counts: heavy imports (typing, subprocess, http.client,
  pathlib, dataclasses) are avoided or made where they are needed.
- Options are JSON objects in `sys.argv`, or paths of files with one; the docstring of each program lists them.
- Plain lines on standard output are for people. Lines that begin with \\x01 and the session's nonce are for the
  control machine (see `host.facts`). When a program fails, its last lines say why and what to do, then what the
  log says.
- Modules import from each other only by single-line `from slipway.remote.SUBJECT.NAME import ...`, without `as`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FUTURE = "from __future__ import annotations\n"
# A function or class that has nothing else gets a `pass` instead.
_DOCSTRING = re.compile(r'^(?P<indent> *)"""[^\0]*?"""\n(?=\n*(?P<more>(?P=indent)\S)?)', re.MULTILINE)
_COMMENT = re.compile(r"^ *#.*\n", re.MULTILINE)
_BLANK = re.compile(r"\n{3,}")
_IMPORT = re.compile(r"^from slipway\.remote\.([\w.]+) import .+\n", re.MULTILINE)


@cache
def program(name: str) -> str:
    """Return the whole text of a program: the modules that it needs first, then itself.

    Docstrings and comments stay at home; they would be a third of what travels.

    Args:
        name: a subject and a module of it, such as `web.boot`.

    Raises:
        FileNotFoundError: there is no such module.
    """
    text = "\n".join(_bare(part) for part in _parts(name, set()))
    return _FUTURE + _BLANK.sub("\n\n", text)


def _parts(name: str, seen: set[str]) -> list[str]:
    """The modules of a program in their order."""
    seen.add(name)
    needed = [other for other in _IMPORT.findall(_text(name)) if other not in seen]
    parts = [part for other in needed if other not in seen for part in _parts(other, seen)]
    return [*parts, name]


@cache
def _text(name: str) -> str:
    return Path(__file__).parent.joinpath(*name.split(".")).with_suffix(".py").read_text("utf-8")


@cache
def _bare(name: str) -> str:
    """A module without what it imports from others, without docstrings and comments."""
    text = _IMPORT.sub("", _text(name)).replace(_FUTURE, "")
    text = _DOCSTRING.sub(lambda match: "" if match["more"] else f"{match['indent']}pass\n", text)
    return _COMMENT.sub("", text)
