"""Builds the shell scripts for hosts: the only place where values are quoted and bash is put together.

A step writes bash with `{{name}}` where a value goes, and `sh` quotes every value that it is given:

    sh("mkdir -p {{path}}", path=layout.releases)

Nothing else in Slipway builds shell text, so nothing unquoted can reach a host.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Union

from msgspec import Struct

Value = Union[str, int, PurePath, "Script", Sequence[str | PurePath]]

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")

# A marked line carries the session's nonce, which the agent knows and no program of an app. Markers go to the script's
# own output (fd 7), also from within $(...) and from what is sent into a file. A failure in a subshell whose output
# goes elsewhere may be meant; if it is not, then the command around it fails as well.
PRELUDE = r"""set -Eeuo pipefail
shopt -s inherit_errexit
umask 027
export LC_ALL=C.UTF-8
exec 7>&1
readonly top=$BASH_SUBSHELL
mark() { printf '\001%s%s\n' "${nonce:+$nonce }" "${*//$'\n'/ }" >&7; }
step() { mark step "$1"; }
hidden() { mark hidden "$1" "$2"; }
fact() { mark fact "$1" "$2"; }
note() { mark note "${*:2} [$1]"; }  # NAME TEXT: the name stands in slipway/inventory/warning_names.py
fail() { mark fail "$@"; exit 1; }
take() { local size; IFS= read -r size; head -c "$size"; }
take_to() { # FILE: writes what `take` prints, a text, without a process
  local size text=''
  IFS= read -r size
  ((size == 0)) || IFS= LC_ALL=C read -r -N "$size" text
  printf %s "$text" > "$1"
}
follow() { # NAME LINK: sets a variable to the last part of where a link leads; if to a folder, without a process
  local here=$PWD there=''
  if cd -P "$2" 2> /dev/null; then
    there=$PWD
    cd "$here"
  elif [[ -L $2 ]]; then
    there=$(exec readlink "$2")
  fi
  printf -v "$1" %s "${there##*/}"
}
oops() {
  [[ $BASH_SUBSHELL == "$top" || /dev/fd/1 -ef /dev/fd/7 ]] || return 0
  [[ $3 != *' '* ]] || set -- "$1" "${2%%$'\n'*} (exit codes in the pipeline: $3)"
  set -- "$1" "${2#'SLIPWAY_NONCE=${nonce-} '}"
  mark error "$1" "${2%%$'\n'*}"
}
trap 'oops $? "$BASH_COMMAND" "${PIPESTATUS[*]}"' ERR
"""

# Our own programs get the nonce as a variable, and take it out of their environment before they do anything else.
_OWN_PYTHON = "SLIPWAY_NONCE=${nonce-} python3 -I -S"


class Script(Struct, frozen=True):
    """Bash text that is safe to run: every value in it went through `sh`."""

    text: str

    def __str__(self) -> str:
        return self.text

    def __add__(self, other: Script) -> Script:
        return join([self, other])


def sh(template: str, /, **values: Value) -> Script:
    """Make a script from bash text and values.

    Args:
        template: bash; `{{name}}` stands for a value.
        values: a str, int or path is quoted as one word; a list of them as one word each;
            a Script is inserted as it is.

    Raises:
        KeyError: a placeholder has no value.
        ValueError: a value has no placeholder, or is no text that a script can hold (a NUL, half a surrogate pair).
        TypeError: a value of another type, such as a secret, which must never be script text.
    """
    unused = set(values)

    def fill(match: re.Match[str]) -> str:
        unused.discard(match[1])
        return _word(values[match[1]])

    text = _PLACEHOLDER.sub(fill, template)
    if unused:
        raise ValueError(f"no place in the script for {', '.join(sorted(unused))}")
    return Script(text.strip("\n"))


def _word(value: Value) -> str:
    if isinstance(value, Script):
        return value.text
    if isinstance(value, bool) or not isinstance(value, (str, int, PurePath, list, tuple)):
        raise TypeError(f"a {type(value).__name__} cannot be part of a script")
    if isinstance(value, (list, tuple)):
        return " ".join(_word(item) for item in value)
    text = str(value)
    if "\0" in text:
        raise ValueError("a NUL byte cannot be part of a script")
    text.encode()  # raises what is a ValueError, too: half a surrogate pair is no text
    return shlex.quote(text)


def join(scripts: Iterable[Script]) -> Script:
    """Put scripts one after another, each starting on a line of its own."""
    return Script("\n".join(script.text for script in scripts if script.text))


def write_file(path: PurePath | str, content: str) -> Script:
    """Write a file on the host whole or not at all: beside its place first, then renamed (rename(2) is atomic)."""
    return sh(
        "printf %s {{content}} > {{new}}\nmv -fT -- {{new}} {{path}}",
        content=content,
        new=f"{path}.new",
        path=str(path),
    )


def put_file(path: PurePath, content: str) -> Script:
    """Write a file into a folder that nobody uses yet; simpler and faster than `write_file`."""
    return sh("printf %s {{content}} > {{path}}", content=content, path=path)


def python(program: str, options: Mapping[str, object], interpreter: Script | None = None) -> Script:
    """Run a Python program on the host; it finds its options as JSON in `sys.argv[1]`.

    Args:
        program: the text of the program, see `slipway.remote.program`.
        options: plain JSON data.
        interpreter: what runs it; the host's own isolated `python3` if not given.
    """
    return _python(program, sh("{{options}}", options=json.dumps(options, sort_keys=True)), interpreter)


def piped(sender: tuple[str, Mapping[str, object], Script], receiver: tuple[str, Mapping[str, object]]) -> Script:
    """Run a program by some interpreter, and one of our own, as `python` does, that reads what the first one prints.

    The second program's text comes by a descriptor of its own, since its standard input is the first one's output.
    The interpreter is words of a program, not of a function.
    """
    program, options, interpreter = sender
    text = sh(
        "exec {{interpreter}} - {{options}} <<'SLIPWAY_PROGRAM'",
        interpreter=interpreter,
        options=json.dumps(options, sort_keys=True),
    )
    return received(text, *receiver, given=Script(f"{program.strip(chr(10))}\nSLIPWAY_PROGRAM"))


def received(
    sender: Script, program: str, options: Mapping[str, object] | Script, given: Script | None = None
) -> Script:
    """Run a command, and a program of our own that reads what the command prints, by `host.process_output`.

    It reads until the command itself has ended: a process that the command leaves behind may keep the pipe open for
    ever. So it is told, in the first line, which process the command is.

    Args:
        sender: one line; with `exec` where it is a program, since whoever ends that has something to hear from it yet.
        options: plain JSON data, or a word that holds some.
        given: the text of a here-document that the line opens, with the word that ends it.
    """
    return sh(
        """
{ printf '%s\\n' "$BASHPID"; {{sender}}; } | {{own_python}} /dev/fd/3 {{options}} {{more}} 3<<'SLIPWAY_RECEIVER'
{{given}}{{own}}
SLIPWAY_RECEIVER""",
        sender=sender,
        own_python=Script(_OWN_PYTHON),
        options=options if isinstance(options, Script) else json.dumps(options, sort_keys=True),
        more=json.dumps({"sender": True}),
        given=Script(f"{given}\n" if given else ""),
        own=Script(program.strip("\n")),
    )


def python_from(program: str, path: PurePath | Script, extra: Script | None = None) -> Script:
    """As `python`, with the options in a JSON file on the host, which the program reads by itself.

    Args:
        path: of the file, or a word that stands for it.
        extra: one word, JSON with further options, that the program merges into them.
    """
    return _python(program, join_words(sh("{{path}}", path=path), extra or Script("")), None)


def join_words(*words: Script) -> Script:
    """Words of one command line."""
    return Script(" ".join(word.text for word in words if word.text))


def _python(program: str, options: Script, interpreter: Script | None) -> Script:
    return sh(
        "{{interpreter}} - {{options}} <<'SLIPWAY_PROGRAM'\n{{program}}\nSLIPWAY_PROGRAM",
        interpreter=interpreter or Script(_OWN_PYTHON),
        options=options,
        program=Script(program.strip("\n")),
    )


def command_line(argv: Iterable[str]) -> str:
    """One line for SSH to run, from words."""
    return shlex.join(argv)
