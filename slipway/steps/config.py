"""Configuration of the release: rendered from templates, and validated before anything boots from it."""

from __future__ import annotations

import hashlib

from slipway.app import WEB, Process
from slipway.render import render
from slipway.shell import Script, sh, write_file
from slipway.sites import check_nginx, nginx_site
from slipway.step import Step, Target
from slipway.steps.common import as_app


def write(target: Target) -> Step:
    """Render gunicorn's and nginx's configuration and have both programs check it.

    What was checked for the current release, with the same venv, is not checked again: loading the app twice more
    would be the longest part of a deploy.
    """
    paths = target.paths
    gunicorn, site = gunicorn_file(target), nginx_site(target.app, target.host, target.layout, target.templates)
    return Step(
        "config",
        "render and check the configuration",
        sh(
            """
{{write_gunicorn}}
{{write_nginx}}
checked="{{digest}} $(readlink {{venv}})"
if [[ {{force}} == yes || $(cat {{current}}/conf/checked 2> /dev/null) != "$checked" ]]; then
{{check_gunicorn}}
{{check_nginx}}
fi
printf '%s\\n' "$checked" > {{mark}}""",
            write_gunicorn=write_file(paths.gunicorn, gunicorn),
            write_nginx=write_file(paths.nginx, site),
            digest=Script(_digest(target, gunicorn, site)),
            venv=paths.venv,
            current=target.layout.current,
            force="yes" if target.force else "no",
            check_gunicorn=_check_gunicorn(target),
            check_nginx=check_nginx(paths.nginx),
            mark=paths.conf / "checked",
        ),
    )


def gunicorn_file(target: Target) -> str:
    """The text of the release's gunicorn.conf.py."""
    return render(
        "gunicorn.conf.py.j2",
        folder=target.templates,
        app=target.app,
        paths=target.paths,
        detected=target.detected,
    )


def program_file(target: Target, process: str) -> str:
    """The text of supervisord's file for one process of the release."""
    chosen = target.app.processes.get(process, Process())
    return render(
        "program.conf.j2",
        folder=target.templates,
        app=target.app,
        paths=target.paths,
        name=process,
        process=chosen,
        command=_command(target, process, chosen),
        stop_timeout=target.app.stop_timeout(chosen),
    )


def _command(target: Target, name: str, process: Process) -> str:
    """The command line as supervisord parses it (shlex, after % expansion)."""
    paths = target.paths
    if process.command:
        line = sh("{{run}} sh -c {{command}}", run=paths.launcher, command=f"exec {process.command}")
    elif name == WEB:
        line = sh(
            "{{run}} gunicorn -c {{conf}} {{app}}",
            run=paths.launcher,
            conf=paths.gunicorn,
            app=target.detected.target or "",
        )
    else:
        raise ValueError(f"process {name} has no command")
    return line.text


def _check_gunicorn(target: Target) -> Script:
    if target.app.web.command:
        return Script(":")
    return sh(
        "{{user}} {{launcher}} gunicorn --check-config -c {{conf}} {{app}}",
        user=as_app(target),
        launcher=target.paths.launcher,
        conf=target.paths.gunicorn,
        app=target.detected.target or "",
    )


def _digest(target: Target, *texts: str) -> str:
    """Stands for the configuration, whatever release it is for."""
    whole = "\0".join(texts).replace(target.release.id, "ID")
    return hashlib.sha256(whole.encode()).hexdigest()
