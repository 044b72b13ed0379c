"""Writes data for other programs: JSON on standard output, one object per command or per line."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import PurePath
from typing import Any, TextIO

from msgspec import Struct

from slipway.core.printable import CONTROLS
from slipway.env.dotenv import Redacted


def to_json(data: Any, *, compact: bool = False) -> str:
    """Turn data into JSON with the keys in the order in which they are defined.

    Args:
        data: plain data; structs and named tuples become objects, times ISO 8601, paths text.
        compact: one line, for streams of objects; else indented.

    Raises:
        TypeError: for anything else, such as a secret.
    """
    if compact:
        text = json.dumps(_plain(data), ensure_ascii=False, separators=(",", ":"))
    else:
        text = json.dumps(_plain(data), ensure_ascii=False, indent=2)
    # json escapes what is below a blank only; these steer terminals, too.
    return CONTROLS.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def print_json(data: Any, *, compact: bool = False, stream: TextIO | None = None) -> None:
    """Print data as one JSON object on standard output; see `to_json`."""
    print(to_json(data, compact=compact), file=stream or sys.stdout, flush=compact)


def _plain(data: Any) -> Any:
    if isinstance(data, Struct) and not isinstance(data, Redacted):
        return {name: _plain(getattr(data, name)) for name in data.__struct_fields__}
    if isinstance(data, tuple) and hasattr(data, "_asdict"):
        return {key: _plain(value) for key, value in data._asdict().items()}
    if isinstance(data, Mapping):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_plain(value) for value in data]
    if isinstance(data, date):  # and datetime
        return data.isoformat()
    return str(data) if isinstance(data, PurePath) else data
