"""Reads and writes dotenv files, and defines `Secret`: a value that is never shown.

Every value counts as a secret, wherever it comes from: names may be shown, values never.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from msgspec import Struct

from slipway.core.errors import UsageError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MASK = "***"
RESERVED_PREFIX = "SLIPWAY_"
# The web process finds its socket here.
SOCKET = "SOCKET"
# sh or bash would refuse, change or act on these in a sourced file.
SHELL_OWNED = re.compile(
    r"_|IFS|PWD|OLDPWD|PPID|E?UID|GROUPS|SHLVL|SHELLOPTS|BASH.*|OPTIND|S?RANDOM|SECONDS|EPOCH(REALTIME|SECONDS)"
    r"|LINENO|HISTCMD|DIRSTACK|FUNCNAME"
)
ENCODED = 16  # characters of a line that may be base64
_NO_VALUE = "Write NAME=value, and NAME= for an empty one. A value of several lines, such as a key, needs quotes."
AS_TEXT = "Encode it, for example by `base64`, and have the app decode it."
# execve(2): MAX_ARG_STRLEN, with NAME= and the final NUL.
SIZE_LIMIT = 131072


class Secret:
    """A value that is never shown: not by str, repr, format, logging, pickle or a traceback's locals."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself; for what writes it to a host, nothing else."""
        return self._value

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled")


class Redacted(Struct, frozen=True):
    """Plain data with fields that never show, by repr or in rich's words: secrets, and what is too long to read.

    Attributes:
        UNSHOWN: the names of these fields.
    """

    UNSHOWN: ClassVar[frozenset[str]] = frozenset()

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name not in self.UNSHOWN]

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({', '.join(shown)})"


def check_name(name: str) -> str | None:
    """What is wrong with the name of an environment variable, or None."""
    if not NAME.fullmatch(name):
        return "is not a name such as 'SECRET_KEY' (letters, digits, underscores; no digit first)"
    if name.startswith(RESERVED_PREFIX):
        return f"is reserved: names that begin with {RESERVED_PREFIX} tell the app about its release"
    if name == SOCKET:
        return "is reserved: it tells the web process its socket"
    if SHELL_OWNED.fullmatch(name):
        return "cannot be set: the shell that starts the app owns it"
    return None


def repeatable(name: str, instead: str) -> str:
    """A name as an error may repeat it: what can be no name may be a secret that was typed in its place.

    Args:
        instead: says where it stands.
    """
    return name if NAME.fullmatch(name) else instead


def load_file(path: Path, label: str) -> dict[str, Secret]:
    """Read one dotenv file.

    `$` is literal: nothing is interpolated, so that a value arrives as it is written. A later line wins.

    Args:
        path: the file. label: how errors call it.

    Raises:
        UsageError: it cannot be read, or a line of it is no assignment or has an unusable name.
    """
    try:
        return parse(path.read_bytes(), label)
    except OSError as error:
        raise UsageError(
            f"{label}: cannot be read ({error.strerror})", hint="Check its path, and who may read it."
        ) from None


def parse(content: bytes, label: str) -> dict[str, Secret]:
    """Read text in dotenv's format, see `load_file`.

    Raises:
        UsageError: it is no UTF-8 text, or a line of it is no assignment or has an unusable name.
    """
    from dotenv.parser import parse_stream

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{label}: is not UTF-8 text", hint="Save it as UTF-8.") from None
    values: dict[str, Secret] = {}
    for binding in parse_stream(StringIO(text, newline=None)):
        if binding.key is None and not binding.error:
            continue
        # The parser counts the blank lines before a statement as part of it.
        skipped = len(binding.original.string) - len(binding.original.string.lstrip("\r\n"))
        where = f"{label}: line {binding.original.line + skipped}"
        if binding.error or binding.key is None:
            raise UsageError(f"{where}: is not NAME=value", hint="Write it so; a value of several lines needs quotes.")
        if binding.value is None or _is_encoded(binding.key, binding.value):
            # What stands there may be a secret, such as a line of a key: it is not repeated.
            raise UsageError(f"{where}: has no value", hint=_NO_VALUE)
        if problem := check_name(binding.key):
            told = repeatable(binding.key, "what stands before =")
            raise UsageError(f"{where}: {told} {problem}", hint="Write NAME=value there, or take the line out.")
        values[binding.key] = Secret(binding.value)
    return values


def _is_encoded(name: str, value: str) -> bool:
    """Whether a line looks like base64, whose padding would be taken for `NAME=` or `NAME==`."""
    return value in ("", "=") and len(name) >= ENCODED and "_" not in name and not (name.isupper() or name.islower())


def render(values: Mapping[str, Secret]) -> bytes:
    """The environment as a file that a POSIX shell sources: sorted, each value byte for byte.

    Single quotes keep every byte but themselves (XCU 2.2.2). Every line exports, so sourcing it is enough.

    Raises:
        UsageError: a value that no environment can hold (a NUL, too long, no valid text), or a bad name.
    """
    return b"".join(_line(name, values[name]) for name in sorted(values))


def read(content: bytes) -> dict[str, Secret]:
    """What `render` has written, read again."""
    text = content.decode("utf-8", "surrogateescape")
    found = re.findall(r"^export (\w+)='((?:[^']|'\\'')*)'\n", text, re.MULTILINE)
    return {name: Secret(value.replace("'\\''", "'")) for name, value in found}


def check(name: str, secret: Secret) -> None:
    """Raises UsageError: a name that cannot be used, or a value that no environment can hold."""
    _line(name, secret)


def _line(name: str, secret: Secret) -> bytes:
    if problem := check_name(name):
        raise UsageError(f"{name} {problem}", hint="Take that name out of the environment, or give it another one.")
    try:
        value = secret.reveal().encode()
    except UnicodeEncodeError:
        raise UsageError(f"{name}: the value is not valid Unicode text", hint=AS_TEXT) from None
    if b"\0" in value:
        raise UsageError(f"{name}: the value holds a NUL byte, which no environment variable can", hint=AS_TEXT)
    if len(name) + len(value) + 2 > SIZE_LIMIT:
        raise UsageError(
            f"{name}: the value is longer than Linux takes ({SIZE_LIMIT - len(name) - 2} bytes)",
            hint="Send a value of this size as a file; see [app.files] in docs/inventory.md.",
        )
    return b"export %s='%s'\n" % (name.encode(), value.replace(b"'", b"'\\''"))


def digest(values: Mapping[str, Secret], salt: str) -> str:
    """A fingerprint of the whole environment, to see whether it changed: 32 hex digits.

    It may be stored. A plain hash of a short secret could be guessed in seconds; this one covers all values
    at once, so that a guess must have every one right, and scrypt makes each guess cost 8 ms and 4 MB.

    Args:
        values: the environment. salt: the app's name, so that equal environments of two apps differ.
    """
    import hashlib

    key = hashlib.scrypt(render(values), salt=b"slipway env 2 " + salt.encode(), n=2**12, r=8, p=1, dklen=16)
    return key.hex()
