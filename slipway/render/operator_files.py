"""Reads the files that an app gets from its operator (`app.files`), and fills in those that are templates."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.core.errors import UsageError
from slipway.env import dotenv
from slipway.env.dotenv import MASK

if TYPE_CHECKING:
    from slipway.model.step import Target

LARGEST = 1 << 20  # bytes
UNREADABLE = "Its path counts from the folder of inventory.toml; it must be a file that you may read."


class Values(dict[str, str]):
    """The environment as templates see it: each value by its name, and never all at once."""

    def __str__(self) -> str:
        return MASK

    __repr__ = __str__


class Missing(UsageError):
    """A template names what is not there; it may come yet, with the settings that the hosts keep."""


def texts(target: Target) -> dict[str, bytes]:
    """What lies beside the inventory for each file by its path in the release: a template as it is written.

    Raises:
        UsageError: a file is not there, is too large, or a link leads to it from outside.
    """
    files = target.app.files
    return {
        path: read_beside(target.host.folder, files[path].template or files[path].source or "", _where(path))
        for path in sorted(files)
    }


def contents(target: Target) -> dict[str, bytes]:
    """What each file of the release holds, by its path.

    Raises:
        Missing: a template names what is not there. UsageError: it is wrong otherwise. No message has a value in it.
    """
    files = target.app.files
    return {
        path: text if files[path].template is None else _filled_in(target, path, text)
        for path, text in texts(target).items()
    }


def digest(target: Target) -> str:
    """Stands for all texts; like `slipway.env.dotenv.digest` hard to guess, since there may be secrets in them.

    What templates are filled in with is the environment, which has a digest of its own.
    """
    parts = [b"%d %b%d %b" % (len(path), path.encode(), len(text), text) for path, text in texts(target).items()]
    salt = b"slipway files 1 " + target.app.name.encode()
    return hashlib.scrypt(b"".join(parts), salt=salt, n=2**12, r=8, p=1, dklen=16).hex()


def _where(path: str) -> str:
    return f"inventory.toml: app.files.{path}"


def read_beside(folder: Path, name: str, where: str) -> bytes:
    """Return the content of a file in the inventory's folder; no link leads out of that.

    Raises:
        UsageError: it cannot be had; `where` says who wants it.
    """
    place = (folder / name).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise UsageError(f"{where}: {name} is a link that leads out of {folder}", hint="Put the file itself there.")
    try:
        with open(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{where}: {folder / name} cannot be read ({error.strerror})", hint=UNREADABLE) from None
    if len(content) > LARGEST:
        raise UsageError(f"{where}: {name} is larger than 1 MiB", hint="app.uploads sends large files.")
    return content


def _filled_in(target: Target, path: str, text: bytes) -> bytes:
    from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, UndefinedError

    environment = Environment(  # noqa: S701 (configuration files, not HTML)
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    values = Values({key: secret.reveal() for key, secret in dotenv.read(target.env).items()})
    known = {"app": target.app, "host": target.host.name, "domains": target.app.domains, "env": values}
    where = f"{_where(path)}: {target.app.files[path].template}"
    try:
        return environment.from_string(text.decode()).render(known).encode()
    except TemplateSyntaxError as error:
        raise UsageError(f"{where}:{error.lineno}: {error.message}", hint="Fix that line of the template.") from None
    except UndefinedError as error:  # says what is missing; that could be looked up by a value
        said = str(error.message)
        if any(value and value in said for value in values.values()):
            said = "something that it looks up is not there"
        hint = f"Known are app, domains, host, and of env: {', '.join(sorted(values)) or 'nothing'}."
        raise Missing(f"{where}: {said}", hint=hint) from None
    except Exception as error:  # what it says may hold a value
        hint = "Look at what its expressions do with app, domains, host and env."
        raise UsageError(f"{where} cannot be filled in: {type(error).__name__}", hint=hint) from None
