"""Runs the build commands of this machine (`app.build.local`), and checks what is sent besides the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec.structs import replace

from slipway.core.errors import UsageError
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.source import Source
from slipway.source.local_build import local_build


@contextmanager
def built_here(
    hosts: Sequence[Host], sources: Mapping[Path, Source], say: Callable[[str], None]
) -> Iterator[Mapping[Path, Source]]:
    """The sources, with a copy of each whose app is built here, in which the commands have run; gone at the end.

    Raises:
        UsageError: hosts want different commands, one fails, or it does not make what is to be sent.
    """
    with ExitStack() as stack:
        made = dict(sources)
        for folder, source in sources.items():
            apps = [host.app for host in hosts if host.app.source == folder]
            commands = apps[0].build.local
            if any(app.build.local != commands for app in apps):
                raise UsageError(
                    "app.build.local differs between hosts: one build is for all of them",
                    hint="Set it in [app.build] at the top of the inventory.",
                )
            if commands:
                built = stack.enter_context(local_build(source, commands, say))
                for app in apps:
                    check_uploads(app, built)
                made[folder] = replace(source, built=built)
        yield made


def check_uploads(app: App, folder: Path) -> None:
    """Refuse what is not there, and what a link leads to: a commit could hold one to any file of this machine.

    Args:
        folder: where they are: the app's own, or the copy of it in which it was built.
    """
    for path in app.uploads:
        place = folder / path
        link = next((one for one in (place, *place.parents) if one.is_symlink() and folder in one.parents), None)
        if link:
            raise UsageError(
                f"inventory.toml: app.uploads: {path} would send what the link {link} leads to",
                hint="Name the folder itself in app.uploads.",
            )
        if place.exists():
            continue
        if app.build.local:
            what = f"app.uploads: the commands of app.build.local have not made {path}"
            raise UsageError(
                what, hint="They run in a copy of the commit: have them write there, or name what they make."
            )
        raise UsageError(f"app.uploads: {path} is not in {folder}", hint="Build it first, or take it out.")
