"""The task that brings the data of one group to another: db.copy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from invoke import Context, Exit, task

from .common import DRY, about, connected, rehearse, selected, show_outcome
from .confirm_app import confirm_app
from .db_restore import in_maintenance
from .db_transfer import carry_over
from .status_and_history import facts_by_host

if TYPE_CHECKING:
    pass

PRODUCTION = ("prod", "production", "live")


@task(
    help={
        "from": "Where the data come from: a group, role or host of the inventory; of several hosts the first.",
        "to": "Where they go to; of several hosts the first.",
        "production": "Also copy to a group that is called prod, production or live.",
        "app": "The name of the app whose data are replaced, instead of being asked for it.",
        "yes": "Do not ask.",
        "dry": DRY,
    },
    auto_shortflags=False,
)
def copy(
    c: Context,
    from_: str = "",
    to: str = "",
    production: bool = False,
    app: str = "",
    yes: bool = False,
    dry: bool = False,
) -> None:
    """Copy databases and files from one group to another; what was there is kept as a backup.

    Example: fab db.copy --from=prod --to=stage
    """
    from slipway.core.errors import UsageError
    from slipway.operations.backups import backup_plan

    inventory, _ = selected(c)
    if not from_ or not to:
        raise UsageError("db.copy needs --from and --to", hint="fab db.copy --from=prod --to=stage")
    source, target = inventory.select(from_)[0], inventory.select(to)[0]
    if source == target:
        raise UsageError(f"--from and --to are both {source.name}", hint="Name two groups of the inventory.")
    names = [name for name in (*target.groups, *target.roles, target.name) if name in PRODUCTION]
    if names and not production:
        raise UsageError(
            f"{target.name} belongs to {names[0]}: its data would be replaced by those of {source.name}",
            hint="If you want that, say --production.",
        )
    made = backup_plan([source], f"to copy to {target.name}")
    if dry:
        rehearse(made, [source])
        return
    if not yes:
        kept = "What is there now is kept as another backup"
        what = f"This replaces the data of {target.app.name} on {target.name}. {kept}."
        confirm_app("db.copy", [target.app.name], app, what)
    from slipway.fleet.agent_options import looking
    from slipway.operations.backups import restore_plan

    with connected([source], looking) as fleet:
        outcome = fleet.run(made)
    if not outcome.ok:
        show_outcome(outcome, about(made, [source]))
        raise Exit(code=outcome.code)
    taken = facts_by_host(outcome, "backup")[source.name]
    if not taken.get("proved"):
        print(f"error: the backup of {source.name} is not proved, and nothing was copied", file=sys.stderr)
        raise Exit(code=1)
    id = carry_over(source, target, taken["id"])
    in_maintenance(inventory, target, restore_plan(target, id), verbose=False)
