"""Brings the addresses of package indexes, credentials among them, to the processes on a host that need them.

They come as a payload, live in variables of the script and of uv's environment, and are in no file and no command line.
"""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.step import Step, Target

EXPORT = Script(
    """
[[ ! $default_index ]] || export UV_DEFAULT_INDEX=$default_index
[[ ! $more_indexes ]] || export UV_INDEX=$more_indexes${UV_INDEX:+ $UV_INDEX}""".strip()
)


def receive(target: Target) -> Step:
    """Set `default_index` and `more_indexes`; nothing is done where the inventory names no index."""
    script = Script("")
    if _named(target):
        script = Script(
            """
IFS= read -r index_bytes
indexes=
((index_bytes == 0)) || IFS= LC_ALL=C read -r -N "$index_bytes" indexes
default_index=${indexes%%$'\\n'*} more_indexes=${indexes#*$'\\n'}
more_indexes=${more_indexes%$'\\n'} indexes=${indexes:+known}""".strip()
        )
    secrets = tuple(secret for address in target.indexes or () for secret in address.secrets)
    return Step("index", "receive the package index", script, lambda facts: _content(target), secrets=secrets)


def for_uv(target: Target) -> Script:
    """Set the variables that uv reads, in a subshell of the script of `receive`."""
    if not _named(target):
        return Script("")
    return sh(
        """
[[ $indexes ]] || fail {{missing}}
{{export}}""",
        export=EXPORT,
        missing="dependencies have to be installed, and this machine lacks a variable that app.build.index or "
        "app.build.extra_indexes names: set it, and run this again",
    )


def before(target: Target, command: Script) -> Script:
    """A command whose output another account reads; the first two lines of that are the indexes, if there are any."""
    if not _named(target):
        return command
    return sh("""{ printf '%s\\n' "$default_index" "$more_indexes"; {{command}}; }""", command=command)


def taken(target: Target) -> Script:
    """The other end of `before`: sets the variables that uv reads."""
    if not _named(target):
        return Script("")
    return Script(
        """
IFS= read -r default_index
IFS= read -r more_indexes
""".lstrip()
        + EXPORT.text
    )


def key(target: Target) -> list[str]:
    """What a venv depends on: the addresses as the inventory has them."""
    build = target.app.build
    return [f"index {address}" for address in filter(None, [build.index])] + [
        f"extra_indexes {address}" for address in build.extra_indexes
    ]


def _named(target: Target) -> bool:
    build = target.app.build
    return bool(build.index or build.extra_indexes) and not build.wheels and not target.receives


def _content(target: Target) -> bytes:
    """Two lines: the index in the place of the host's own, and the further ones; nothing where they are not known."""
    if target.indexes is None:
        return b""
    urls = [address.url.reveal() for address in target.indexes]
    default = urls.pop(0) if target.app.build.index else ""
    return f"{default}\n{' '.join(urls)}\n".encode()
