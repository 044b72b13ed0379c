"""Migrations: once for the whole fleet, on one host, as a recorded one-off task, before any new process boots."""

from __future__ import annotations

import json

from slipway.shell import Script, sh
from slipway.step import Step, Target
from slipway.steps.common import as_app

DJANGO = "python manage.py migrate --noinput"


def command(target: Target) -> str:
    """The command that migrates, or "" if there is none."""
    migrate = target.app.migrate
    if isinstance(migrate, str):
        return migrate
    return DJANGO if migrate and target.detected.kind == "django" else ""


def run(target: Target) -> Step:
    """Run the migrations as the app's user in the new release, and keep the record under `tasks/`.

    Skipped where nothing that decides about them has changed since they last ran here: see `Unchanged`.
    """
    return Step(
        "migrate",
        "run migrations",
        sh(
            """
if {{unchanged}}; then
  note_unchanged=yes
else
{{task}}
fi""",
            unchanged=unchanged(target),
            task=recorded_task(target, f"{target.release.id}-migrate", command(target)),
        ),
    )


def unchanged(target: Target) -> Script:
    return Script("false")


def recorded_task(target: Target, id: str, line: str) -> Script:
    """Run a command in the release as the app's user, and record it under `tasks/ID/`.

    Records: `task.json` (command, who, release), `output`, `exit` (the code, once it has ended).
    """
    about = {"id": id, "command": line, "release": target.release.id, "who": target.release.who}
    return sh(
        """
(umask 007; mkdir -p {{folder}})
printf '%s\\n' {{about}} > {{folder}}/task.json
code=0
{{user}} {{launcher}} sh -c {{line}} < /dev/null 2>&1 | tee {{folder}}/output || code=$?
printf '%s\\n' "$code" > {{folder}}/exit
[[ $code == 0 ]] || fail {{failure}}""",
        folder=target.layout.tasks / id,
        about=json.dumps(about, sort_keys=True),
        user=as_app(target),
        launcher=target.paths.launcher,
        line=line,
        failure=f"`{line}` failed; mend it and deploy again, nothing was switched",
    )
