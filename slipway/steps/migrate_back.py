"""Taking migrations back at a rollback: by the newer release, which alone knows how, and only all of them or none."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.rollback_target import Return
from slipway.model.step import Step
from slipway.steps.common import remote_in_release


def check(back: Return) -> Step:
    """See that exactly these migrations can be taken back, before anything is switched."""
    return Step("check-back", "check that migrations can be taken back", _unapply(back, check=True))


def run(back: Return) -> Step:
    """Take them back. What is recorded of the last migrations counts no longer."""
    script = sh(
        """
rm -f {{migrated}}
{{unapply}}
[[ ! -e {{then}} ]] || cp {{then}} {{applied}}""",
        migrated=back.layout.migrated,
        unapply=_unapply(back, check=False),
        then=back.paths.applied,
        applied=back.layout.applied,
    )
    return Step("migrate-back", "take migrations back", script)


def _unapply(back: Return, *, check: bool) -> Script:
    migrations = {alias: list(names) for alias, names in back.unapply.items()}
    return remote_in_release(back.leaving, "django.migrate_back", {"migrations": migrations, "check": check})
