"""One-off tasks: a command in a release, as the app's user, with a record of what became of it."""

from __future__ import annotations

import json

from slipway.shell import Script, sh
from slipway.step import Target
from slipway.steps.common import as_app


def recorded(target: Target, id: str, title: str, command: Script) -> Script:
    """Run a command by the release's launcher and record it under `tasks/ID/`.

    Args:
        id: the task's id.
        title: the command as people know it.
        command: words that follow the launcher; a heredoc may feed it.

    Records: `task.json` (command, who, release), `output`, and `exit` (the code, once it has ended).
    """
    about = {"id": id, "command": title, "release": target.release.id, "who": target.release.who}
    return sh(
        """
(umask 007; mkdir -p {{folder}})
printf '%s\\n' {{about}} > {{folder}}/task.json
one_off() {
  {{user}} {{launcher}} {{command}}
}
code=0
one_off < /dev/null 2>&1 | tee {{folder}}/output || code=$?
printf '%s\\n' "$code" > {{folder}}/exit
[[ $code == 0 ]] || fail {{failure}}""",
        folder=target.layout.tasks / id,
        about=json.dumps(about, sort_keys=True),
        user=as_app(target),
        launcher=target.paths.launcher,
        command=command,
        failure=f"`{title}` failed: mend it and deploy again; nothing was switched",
    )
