"""Runs migrations once for all hosts, on one host, as a recorded one-off task, before any new process boots."""

from __future__ import annotations

import json

from slipway.core.shell import Script, join, sh
from slipway.model.step import Step, Target
from slipway.remote import program
from slipway.steps import skip_unchanged_commands
from slipway.steps.backups import backup_before
from slipway.steps.common import remote
from slipway.steps.run_as_recorded_task import recorded

# Checks load every view, so that any change of one would count as a change of the migrations; the boot finds
# what they find.
DJANGO = ("manage.py", "migrate", "--noinput", "--skip-checks")


def run(target: Target) -> Step:
    """Run the migrations as the app's user in the new release, and keep the record under `tasks/`.

    Django's are left out where nothing that they read has changed since they last ran on this host. The release
    remembers which migrations were applied with it, so that a rollback knows what it would go back across.
    """
    migrate = target.app.migrate
    if isinstance(migrate, str):
        script = join([backup_before(target), recorded(target, _id(target), migrate, ["sh", "-c", migrate])])
    elif migrate and target.detected.kind == "django":
        script = _django(target)
    else:
        script = Script("")
    return Step("migrate", "run migrations", script)


def _id(target: Target) -> str:
    return f"{target.release.id}-migrate"


def _django(target: Target) -> Script:
    record, applied = target.layout.migrated, target.layout.applied
    folder = target.layout.tasks / _id(target)
    options = {
        "argv": list(DJANGO),
        "top": str(target.paths.app),
        "shared": str(target.layout.shared),
        "record": str(folder / "inputs"),
        "applied": str(folder / "applied"),
    }
    read = record.with_suffix(".read")
    results = {"tasks": str(target.layout.tasks), "id": _id(target), "read": str(read), "applied": str(applied)}
    argv = ["python", "-", json.dumps(options, sort_keys=True)]
    return sh(
        """
{{prepare}}
if ! {{proven}}; then
  rm -f {{record}}
{{task}}
{{results}}
  if [[ -e {{read}} ]]; then
{{keep}}
    rm -f {{read}}
  fi
fi
if [[ -e {{applied}} ]]; then
  mapfile known < {{applied}}
  printf %s "${known[@]}" > {{own}}
fi""",
        prepare=skip_unchanged_commands.prepare(target),
        proven=skip_unchanged_commands.proven(target, record, "migrate"),
        record=record,
        task=join(
            [
                backup_before(target),
                recorded(target, _id(target), f"python {' '.join(DJANGO)}", argv, program("django.manage")),
            ]
        ),
        results=remote("tasks.check_migration_record", results),
        read=read,
        keep=skip_unchanged_commands.keep(target, record, "migrate", read),
        applied=applied,
        own=target.paths.applied,
    )
