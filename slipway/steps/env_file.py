"""Writes the release's env file, and the launcher that runs commands in the release."""

from __future__ import annotations

import re

from slipway.core.shell import Script, join, put_file, sh
from slipway.model.step import Step, Target
from slipway.steps import write_settings_module

LAUNCHER_MODE = "0750"


def write(target: Target) -> Step:
    """Write the env file and the launcher.

    Secrets travel as payload, never as script text, and bash writes them by itself: they are no word of any command
    line. The file is unreadable to others from the beginning, and nothing reads it before the release is whole. A
    release keeps its own file, so that a rollback brings its environment back.
    """
    paths = target.paths
    return Step(
        "env",
        "write the environment",
        sh(
            """
{{refuse}}
take_to {{env}}
{{launcher}}
chmod {{mode}} {{run}}""",
            refuse=_refuse_committed(target),
            env=paths.env,
            launcher=join([write_settings_module.write(target), put_file(paths.launcher, f"{launcher(target)}\n")]),
            mode=LAUNCHER_MODE,
            run=paths.launcher,
        ),
        lambda facts: target.env,
    )


def _refuse_committed(target: Target) -> Script:
    """Stop where the app would take a secret from an env file that is committed."""
    given = set(re.findall(rb"(?m)^export (\w+)=", target.env))
    for file in target.detected.env_files:
        lacking = [name for name in file.secrets if file.wins or name.encode() not in given]
        if lacking and "committed-env" not in target.app.allow:
            reason = (
                f"{', '.join(lacking)} would come from {file.path}, which is committed and which the app reads "
                f"({file.reader}): whoever sees the source knows it"
            )
            cure = "take the file out of the commit" if file.wins else "set it in [env] or env_files of the inventory"
            return sh("fail {{text}}", text=f'{reason}; {cure}, or allow = ["committed-env"] in [app]')
    return Script("")


def launcher(target: Target) -> Script:
    """The script `conf/run`: the one place that says how anything of a release is started.

    The user's own values come after ours, so that they win; only what identifies the release comes last.
    """
    paths, release, app = target.paths, target.release, target.app
    folder = paths.app / target.detected.chdir if target.detected.chdir else paths.app
    return sh(
        """
#!/bin/sh
# Runs a command in this release: its environment, its venv, its code. Example: conf/run python manage.py check
set -a
LANG=C.UTF-8
PYTHONUNBUFFERED=1
{{settings}}
{{chosen}}
SLIPWAY_APP={{name}}
SLIPWAY_RELEASE={{id}}
SLIPWAY_COMMIT={{commit}}
SLIPWAY_HOST={{host}}
SLIPWAY_DOMAINS={{domains}}
SLIPWAY_SHARED={{shared}}
SOCKET={{socket}}
VIRTUAL_ENV={{venv}}
PATH={{bin}}:$PATH
set +a
cd {{folder}} || exit 1
exec "$@\"""",
        settings=_settings(target),
        chosen=join([sh(". {{env}}", env=paths.env), write_settings_module.choose(target)]),
        name=app.name,
        id=release.id,
        commit=release.commit,
        host=target.host.name,
        domains=",".join(app.domains or [target.host.target]),
        shared=target.layout.shared,
        socket=paths.socket,
        venv=paths.venv,
        bin=paths.venv / "bin",
        folder=folder,
    )


def _settings(target: Target) -> Script:
    """What the detection has found out, for settings that the user has not made."""
    module, folders = target.detected.settings, target.detected.python_path
    lines = [sh("DJANGO_SETTINGS_MODULE={{module}}", module=module)] if module else []
    if folders:
        path = ":".join(str(target.paths.app / folder) for folder in folders)
        lines.append(sh("PYTHONPATH={{path}}", path=path))
    return join(lines)
