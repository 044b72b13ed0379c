"""Makes the page that visitors see in maintenance, and the files beside it."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from slipway.inventory import Host
from slipway.render.templates import render


class MaintenancePage(Struct, frozen=True):
    """What visitors get while the site is closed.

    Attributes:
        id: names its folder. who, when: for the history and `fab status`.
        message: plain text. retry_after: seconds after which visitors may try again.
        allow: addresses and networks that pass, for people.
        names: the files by which nginx knows them. own_names: those of networks from which the host itself asks.
    """

    id: str
    who: str
    when: datetime
    message: str
    retry_after: int
    allow: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    own_names: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Its name; nginx reads Retry-After from its end."""
        return f"{self.id}.{self.retry_after}"

    @property
    def facts(self) -> dict[str, object]:
        """What `fab status` and the history tell of it."""
        return {
            "who": self.who,
            "since": self.when.isoformat(timespec="seconds"),
            "message": self.message,
            "retry_after": self.retry_after,
            "allow": list(self.allow),
        }


def pack(host: Host, order: MaintenancePage, templates: Path | None = None) -> bytes:
    """The page, what programs get in its place, what is told of it, and whom nginx lets pass, as a tar archive.

    Raises:
        UsageError: the template is wrong.
    """
    said = {"error": "maintenance", "message": order.message, "retry_after": order.retry_after}
    files = {
        "page.html": page(host, order, templates),
        "page.json": json.dumps(said, ensure_ascii=False) + "\n",
        "facts.json": json.dumps(order.facts) + "\n",
        **{f"allow/{name}": "" for name in order.names},
    }
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        folder = tarfile.TarInfo("allow")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o750
        archive.addfile(folder)
        for name, text in files.items():
            data = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def page(host: Host, order: MaintenancePage, templates: Path | None = None) -> str:
    """The page for visitors; the message is escaped before a template sees it."""
    from markupsafe import escape

    return render(
        "maintenance.html.j2",
        folder=templates,
        app=host.app,
        host=host,
        message=escape(order.message),
        retry_after=order.retry_after,
        retry_words=span(order.retry_after),
    )


def span(seconds: int) -> str:
    """A span of time for visitors, rounded up: `a minute`, `10 minutes`, `2 hours`."""
    unit, noun = next((it for it in ((86400, "day"), (3600, "hour")) if seconds >= 2 * it[0]), (60, "minute"))
    count = -(-seconds // unit)
    return f"{count} {noun}s" if count > 1 else f"a {noun}"
