"""Builds the script that runs a command as a recorded one-off task, as the app's user."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from slipway.core.shell import Script, sh
from slipway.model.step import Target
from slipway.remote import program
from slipway.steps.common import as_app, passed_on

# The program and its options come by a pipe that stays open: sudo passes on no other descriptor, its log and the
# process list show neither of them, and when this shell ends, for whatever reason, the pipe tells the program.
_START = "import sys;exec(sys.stdin.buffer.read(int(sys.argv.pop(1))))"


def supervised(user: Script, options: Mapping[str, object], given: str = "") -> Script:
    """Run a command as `slipway.remote.tasks.run` does; `code` is its exit code then.

    Args:
        user: the words that make it run as somebody else.
        options: see `slipway.remote.tasks.run`.
        given: a program that the command reads from its standard input.
    """
    given = given and f"{given.strip(chr(10))}\n"
    text = program("tasks.run").strip("\n")
    return sh(
        """
runner() {
{{runner}}
}
exec {hold}> >(trap - ERR; runner)
runner=$!
{
cat <<'SLIPWAY_PROGRAM'
{{program}}
SLIPWAY_PROGRAM
printf '%s\\n' {{options}}
{{given}}
} >&"$hold" 2> /dev/null || true
code=0
wait "$runner" || code=$?
exec {hold}>&-""",
        runner=passed_on(
            sh(
                "exec {{user}} python3 -I -c {{start}} {{size}} 2>&1",
                user=user,
                start=_START,
                size=len(text.encode()) + 1,
            )
        ),
        program=Script(text),
        options=json.dumps({**options, "given": len(given.encode())}, sort_keys=True),
        given=sh("cat <<'SLIPWAY_PROGRAM'\n{{text}}SLIPWAY_PROGRAM", text=Script(given)) if given else Script(""),
    )


def recorded(
    target: Target, id: str, title: str, argv: Sequence[str], given: str = "", name: str = "migrate"
) -> Script:
    """Run a command by the launcher of the new release, and record it under `tasks/ID/`.

    Args:
        id: the task's id.
        title: the command as people know it.
        argv: words that follow the launcher.
        given: what the command reads from standard input.
        name: of the task, for people.
    """
    about = {"id": id, "name": name, "command": title, "release": target.release.id, "who": target.release.who}
    options = {
        "about": about,
        "argv": list(argv),
        "launcher": str(target.paths.launcher),
        "folder": str(target.layout.tasks / id),
    }
    failure = f"`{title}` failed: fix it and deploy again; nothing was switched"
    return sh(
        """
{{run}}
[[ $code == 0 ]] || fail {{failure}}""",
        run=supervised(as_app(target), options, given),
        failure=failure,
    )
