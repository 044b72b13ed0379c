"""Renders templates strictly: the configuration files for hosts.

A file of the same name in the user's own `templates/`, beside inventory.toml, wins over the shipped one. It may
stand for itself, or change one block: `{% extends "shipped/nginx.conf.j2" %}` always means the shipped file.
"""

from __future__ import annotations

import hashlib
import os
import re
import traceback
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec import json

from slipway.core.errors import UsageError

if TYPE_CHECKING:
    from jinja2 import Environment

PREFIX = "shipped"

# What makes text from a template: `render`, or `recipe` where it is enough to know whether the text would be the same.
Fill = Callable[..., str]

# What nginx takes without quotes in any place: no space, quote, semicolon, brace, dollar sign or hash.
_NGINX_PLAIN = re.compile(r"[\w./:*@%+,=~^|()?\[\]-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def render(name: str, /, *, folder: Path | None = None, **values: object) -> str:
    """Fill in a template.

    Args:
        name: the file's name, such as `nginx.conf.j2`.
        folder: the user's own templates; None, or one that is not there: only the shipped ones.
        values: what the template may use; anything else that it names is an error.

    Raises:
        UsageError: there is no such template, or it is wrong; the message begins with file and line.
    """
    from jinja2 import TemplateNotFound, TemplateSyntaxError

    try:
        return _environment(folder).get_template(name).render(values)
    except TemplateNotFound as error:
        raise UsageError(
            f"there is no template '{error.name}'", hint=f"Shipped are: {', '.join(shipped_names())}."
        ) from error
    except TemplateSyntaxError as error:
        place = f"{_shown(error.filename or error.name or name)}:{error.lineno}"
        raise UsageError(f"{place}: {error.message}", hint="Fix that line of the template.") from error
    except RecursionError as error:
        hint = f'To change one block of the shipped file, begin with {{% extends "{PREFIX}/{name}" %}}.'
        raise UsageError(f"template '{name}' extends or includes itself", hint=hint) from error
    except Exception as error:
        hint = f"Known here: {', '.join(sorted(values))}." if "undefined" in str(error) else ""
        raise UsageError(f"{_place(error, name)}: {error}", hint=hint) from error


def recipe(name: str, /, *, folder: Path | None = None, **values: object) -> str:
    """Stand for the text that `render` would return, without loading Jinja: where this is the same, so is the text.

    It is made of the shipped templates and the values, but for the `host`, of which shipped ones know nothing, and for
    paths on this machine. With templates of the user's it is the text itself: only rendering tells what they read.

    Raises:
        UsageError: see `render`.
    """
    if folder and any((folder / shipped).exists() for shipped in shipped_names()):
        return render(name, folder=folder, **values)
    known = {key: value for key, value in values.items() if key != "host"}
    return f"{name}\n{_shipped()}\n{json.encode(known, enc_hook=_plain, order='deterministic').decode()}"


def shipped_folder() -> Path:
    """Where the shipped templates lie: inside the installed package, or at the top of a checkout."""
    installed = Path(__file__).parents[1] / "templates"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "templates"


def shipped_names() -> list[str]:
    """The names of the shipped templates."""
    return sorted(path.name for path in shipped_folder().glob("*.j2"))


@lru_cache(maxsize=1)
def _shipped() -> str:
    """Stands for all shipped templates and what this module does to them."""
    files = [*(shipped_folder() / name for name in shipped_names()), Path(__file__)]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _plain(value: object) -> str | None:
    """A path on a host as it is; one of this machine, which says nothing to hosts, as nothing."""
    if not isinstance(value, PurePosixPath):
        raise NotImplementedError(f"templates get no {type(value).__name__}")
    return None if isinstance(value, Path) else str(value)


@lru_cache(maxsize=8)
def _environment(folder: Path | None) -> Environment:
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

    from slipway.render.template_cache import Compiled

    shipped = FileSystemLoader(shipped_folder())
    own = [FileSystemLoader(folder)] if folder else []
    environment = Environment(  # noqa: S701 (configuration files, not HTML)
        loader=ChoiceLoader([*own, shipped, PrefixLoader({PREFIX: shipped})]),
        bytecode_cache=Compiled(shipped_folder(), Path(__file__)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"nginx": nginx, "supervisor": supervisor, "systemd": systemd, "python": repr}
    return environment


def nginx(value: object) -> str:
    """Write a value as one word of nginx's configuration.

    Raises:
        ValueError: nginx has no way to write it: a dollar sign is a variable even in quotes.
    """
    text = _one_line(value)
    if "$" in text:
        raise ValueError(f"nginx cannot hold a dollar sign: {text!r}")
    if _NGINX_PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def supervisor(value: object) -> str:
    """Write a value in supervisord's configuration, where % begins an expansion and ` ;` a comment."""
    text = _one_line(value)
    if " ;" in text:
        raise ValueError(f"supervisord would take what follows ' ;' for a comment: {text!r}")
    return text.replace("%", "%%")


def systemd(value: object) -> str:
    """Write a value as one word of a systemd unit, where % and $ begin expansions (systemd.service(5))."""
    text = _one_line(value).replace("%", "%%").replace("$", "$$")
    if re.fullmatch(r"[\w./:@%$=+,-]+", text, re.ASCII):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _one_line(value: object) -> str:
    text = str(value)
    if _CONTROL.search(text):
        raise ValueError(f"a line break or control character cannot stand here: {text!r}")
    return text


def _place(error: Exception, name: str) -> str:
    """File and line of the template in which an error was raised; jinja2 puts them into the traceback."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    return f"{_shown(frames[-1].filename)}:{frames[-1].lineno}" if frames else f"template '{name}'"


def _shown(file: str) -> str:
    path = Path(file)
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else file
