"""Takes shell command lines apart, as far as that needs no shell: what runs, in which folder, with which variables."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Sequence
from typing import NamedTuple

_OPERATOR = re.compile(r"[();<>|&]+")
_RUNNERS = (("uv", "run"), ("poetry", "run"), ("pipenv", "run"), ("pdm", "run"), ("rye", "run"), ("hatch", "run"))
_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?")
_OF_SHELLS = frozenset({"set", "export", "echo", ":"})  # say nothing of what has to be done
_KEYWORDS = frozenset({"if", "for", "while", "until", "case", "function", "trap", "{", "}", "(", "source", ".", "wait"})
_VARIABLE = re.compile(r"[A-Za-z_]\w*=")
# Management commands that a deploy runs by itself.
OWN = frozenset({"migrate", "collectstatic", "check"})


class Simple(NamedTuple):
    """One program with its arguments.

    Attributes:
        chdir: the folder that a `cd` before it leads to, relative to where it all begins.
        python_path: folders of a PYTHONPATH that is set for it.
        words: the program and its arguments.
        before: management commands of Django that run before it, and that a deploy runs by itself.
        besides: other commands that run before it, each as a line.
    """

    chdir: str
    python_path: tuple[str, ...]
    words: tuple[str, ...]
    before: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()


def parse(command: str) -> Simple | None:
    """The program that a command line comes to in the end, without `exec`, `uv run`, `python -m` and the like.

    Returns:
        None if it is more than `cd`, simple commands, and one program at the end.
    """
    parts = _split(command)
    if parts is None:
        return None
    chdir, before, besides = "", [], []
    for words in parts[:-1]:
        if len(words) == 2 and words[0] == "cd":
            chdir = posixpath.normpath(posixpath.join(chdir, words[1]))
        elif words and management(words) in OWN:
            before.append(management(words))
        elif words and words[0] not in _OF_SHELLS:
            besides.append(shlex.join(words))
    words = parts[-1]
    if not words or chdir.startswith(("..", "/")):
        return None
    found = _program_with_path(words)
    if not found:
        return None
    return Simple("" if chdir == "." else chdir, found[1], found[0], tuple(before), tuple(besides))


def _program_with_path(words: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """A program with its arguments, and the folders of a PYTHONPATH that is set for it."""
    path: tuple[str, ...] = ()
    while words and (_VARIABLE.match(words[0]) or words[0] in ("exec", "env")):
        word = words.pop(0)
        name, _, value = word.partition("=")
        if name == "PYTHONPATH":
            path = tuple(one for one in value.split(":") if one not in ("", ".", "$PYTHONPATH", "${PYTHONPATH}"))
        elif "=" in word:
            return None  # what the program needs has to stay with it
    rest = tuple(program(words))
    return (rest, path) if rest else None


def in_script(content: str) -> str | None:
    """The lines of a shell script as one command line; None if it has loops, functions and the like."""
    lines = [line.strip() for line in content.replace("\\\n", " ").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#") and not re.match(r"(set|export)\s", line)]
    words = {line.split()[0] for line in lines}
    if not lines or words & _KEYWORDS or any(_split(line) is None for line in lines):
        return None
    return " && ".join(lines)


def script(command: str) -> str:
    """The file that `bash start.sh` and the like run; "" if it is another command."""
    parts = _split(command) or [[]]
    words = parts[0][1:] if parts[0][:1] == ["exec"] else parts[0]
    if words and words[0] in ("bash", "sh"):
        words = [word for word in words[1:] if not word.startswith("-")]
    elif not words or not words[0].endswith(".sh"):
        return ""
    return posixpath.normpath(words[0]) if len(parts) == len(words) == 1 else ""


def program(words: Sequence[str]) -> list[str]:
    """A command without what only finds the program: `uv run`, `python -m`."""
    rest = list(words)
    if tuple(rest[:2]) in _RUNNERS:
        rest = rest[2:]
        rest = rest[1:] if rest[:1] == ["--"] else rest
    if len(rest) > 2 and _PYTHON.fullmatch(posixpath.basename(rest[0])) and rest[1] == "-m":
        rest = rest[2:]
    if rest:
        rest[0] = posixpath.basename(rest[0]) if "/bin/" in f"/{rest[0]}" else rest[0]
    return rest


def management(words: Sequence[str]) -> str:
    """The command of `python manage.py COMMAND`; "" for what is none."""
    rest = program(words)
    if len(rest) > 1 and _PYTHON.fullmatch(rest[0]):
        rest = rest[1:]
    if len(rest) > 1 and posixpath.basename(rest[0]) in ("manage.py", "django-admin"):
        return rest[1]
    return ""


def is_own(command: str) -> bool:
    """Whether a command line does nothing but what a deploy of a Django project does by itself."""
    return all(management(words) in OWN for words in _split(command) or [[]])


def is_developers(command: str) -> bool:
    """Whether a web server is one for developers."""
    if re.search(r"\bmanage\.py\s+(?:runserver|runserver_plus|tailwind)\b|\bfastapi\s+dev\b", command):
        return True
    return bool(re.search(r"\bflask\b.*\brun\b|--reload\b", command))


def _split(command: str) -> list[list[str]] | None:
    """The words of the simple commands that `&&` and `;` join; None for what only a shell can do: pipes, groups."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    parts: list[list[str]] = [[]]
    try:
        for word in lexer:
            if word in ("&&", ";"):
                parts.append([])
            elif _OPERATOR.fullmatch(word) or "`" in word or "$(" in word:
                return None
            else:
                parts[-1].append(word)
    except ValueError:
        return None
    return parts
