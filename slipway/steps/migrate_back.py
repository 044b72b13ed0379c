"""Migrates back before a rollback: the newer release unapplies its migrations, all of them or none."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.rollback_target import RollbackTarget
from slipway.model.step import Step
from slipway.steps.common import remote_in_release


def check(back: RollbackTarget) -> Step:
    """Check that exactly these migrations can be unapplied, before anything is switched."""
    return Step("check-back", "check that migrations can be taken back", _script(back, check=True))


def run(back: RollbackTarget) -> Step:
    """Take them back. What is recorded of the last migrations counts no longer."""
    script = sh(
        """
rm -f {{migrated}}
{{migrate_back}}
[[ ! -e {{then}} ]] || cp {{then}} {{applied}}""",
        migrated=back.layout.migrated,
        migrate_back=_script(back, check=False),
        then=back.paths.applied,
        applied=back.layout.applied,
    )
    return Step("migrate-back", "take migrations back", script)


def _script(back: RollbackTarget, *, check: bool) -> Script:
    migrations = {alias: list(names) for alias, names in back.migrate_back.items()}
    return remote_in_release(back.leaving, "django.migrate_back", {"migrations": migrations, "check": check})
