"""Inspect a Django project with its real settings: what a deploy must know, and what would go wrong.

Runs in the release: its venv, its environment (DJANGO_SETTINGS_MODULE), its code as working directory.

Options:
    tree: the source of the release.
    domains: names that the site is asked by.
    https: whether visitors come by https. own_server: whether a command of the app's own serves it.

Fact: `django`, see `describe`. Warnings for people are printed as lines.
"""

from __future__ import annotations

from slipway.remote.django.loaded_project_facts import describe
from slipway.remote.django.setup import load_apps, load_settings
from slipway.remote.host.program_io import fact, run, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Load it, describe it."""
    settings = load_settings()
    load_apps()
    https, own_server = bool(options.get("https")), bool(options.get("own_server"))
    facts = describe(settings, options["tree"], options.get("domains", []), https, settings.STATIC_ROOT, own_server)
    for warning in [*facts["risks"].values(), *(text for _, text in facts["warnings"])]:
        say(f"warning: {warning}")
    fact("django", facts)


if __name__ == "__main__":
    run(main)
