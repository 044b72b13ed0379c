"""Fixed targets for tests of plans: two hosts, a Django app with a worker."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from slipway.detect import Detected, Requirements
from slipway.inventory import Host
from slipway.inventory.app import App, Process
from slipway.model.hosts_to_targets import layout_of
from slipway.model.release import Release
from slipway.model.step import Target
from slipway.source import Source

WHEN = datetime(2026, 11, 20, 13, 15, 2, tzinfo=timezone.utc)
TREE = "7" * 40
FILES = {"manage.py": "1" * 40, "requirements.txt": "2" * 40}


class Fixed(Source, frozen=True):
    """A source without a repository."""

    files = FILES

    def pack(self, present: object) -> bytes:
        return b"PACK"


def target(
    name: str = "web1", *, leader: bool = True, force: bool = False, sqlite: bool = False, **app: object
) -> Target:
    """What a deploy of the app on one host is made from."""
    settings: dict[str, object] = {
        "name": "shop",
        "source": Path("/repo"),
        "domains": ("www.example.org",),
        "health": "/healthz",
        "linked_dirs": ("data",),
        "processes": {"mails": Process(command="python manage.py mails")},
    }
    host = Host(name=name, address=f"{name}.example.org", app=App(**{**settings, **app}))  # type: ignore[arg-type]
    return Target(
        host=host,
        app=host.app,
        layout=layout_of(host),
        release=Release(
            "20261120-131502-abc1234", "abc1234" + "0" * 33, TREE, "main", "Fix the form", "ann@laptop", WHEN
        ),
        detected=Detected(
            kind="django",
            wsgi="shop.wsgi:application",
            settings="shop.settings",
            requirements=Requirements("requirements", ("requirements.txt",), ("requirements.txt",)),
            servers=("gunicorn",),
            sqlite=sqlite,
        ),
        source=Fixed(Path("/repo"), "abc1234", TREE, "main", "Fix the form"),
        env=b"export SECRET_KEY='s3cr3t'\n",
        env_digest="d" * 32,
        force=force,
        leader=leader,
    )
