"""Writes the release's configuration: rendered from templates, and validated before anything boots from it."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

from slipway.core.prepend_exec import exec_command
from slipway.core.shell import Script, join, put_file, sh
from slipway.inventory.app import WEB, Process
from slipway.model.step import Step, Target
from slipway.remote import program
from slipway.render.nginx_site import check_nginx, nginx_site, site_name
from slipway.render.templates import Fill, render
from slipway.steps import schedule_host
from slipway.steps.boot_options import gunicorn_workers, question_files, web_question_files
from slipway.steps.check_limits import check_limits
from slipway.steps.common import as_app, passed_on
from slipway.steps.server_command import open_files, runs_gunicorn, server_command
from slipway.steps.survey import NOTES


def write(target: Target, fill: Fill = render) -> Step:
    """Render all configuration of the release into its `conf/`, and have gunicorn and nginx check theirs.

    What was checked for the current release, with the same venv, is not checked again: loading the app twice more
    would be the longest part of a deploy.

    Args:
        fill: with `recipe` the script only tells whether the real one would be the same.
    """
    paths = target.paths
    files = {**program_files(target, fill), **question_files(target)} | schedule_host.files(target)
    files[paths.conf / NOTES] = "".join(f"{note}\n" for note in target.detected.notes)
    web = Script("")
    if target.app.web:
        gunicorn = gunicorn_file(target, fill)
        site = nginx_site(target.app, target.host, target.layout, target.templates, fill)
        web_files = {paths.gunicorn: gunicorn, paths.nginx: site, **web_question_files(target, gunicorn)}
        # The name that templates of users know.
        files = {**web_files, **files, paths.conf / "app_risks.py": program("web.find_app_risks")}
        if not runs_gunicorn(target.app):
            files[paths.conf / "run_server.py"] = program("web.run_server")
        web = _web(target, gunicorn, site)
    written = [*(put_file(path, text) for path, text in files.items()), schedule_host.folder(target.layout, target.app)]
    script = join([*written, web, check_limits(target)])
    return Step("config", "render and check the configuration", script)


def _web(target: Target, gunicorn: str, site: str) -> Script:
    """Check the configuration of the web server and of nginx."""
    paths = target.paths
    return sh(
        """
follow venv_name {{venv}}
checked="{{digest}} ../../venvs/$venv_name" known=
[[ ! -s {{current}}/conf/checked ]] || IFS= read -r known < {{current}}/conf/checked
if [[ {{force}} == yes || $known != "$checked" ]]; then
{{check_gunicorn}}
{{check_nginx}}
fi
printf '%s\\n' "$checked" > {{mark}}
{{drift}}""",
        digest=Script(_digest(target, gunicorn, site)),
        venv=paths.venv,
        current=target.layout.current,
        force="yes" if target.force else "no",
        check_gunicorn=_check_gunicorn(target),
        check_nginx=check_nginx(paths.nginx),
        mark=paths.conf / "checked",
        drift=join([_drift(target), _overruled(target, gunicorn)]),
    )


def _drift(target: Target) -> Script:
    """Say it where nginx's site is not what the inventory wants: only provision may change it."""
    if target.host.rootless:
        return Script("")
    return sh(
        r"""
without_ipv6() { # FILE: sets text
  local line
  text=
  while IFS= read -r line; do [[ $line == *'listen [::]:'* ]] || text+=$line$'\n'; done < "$1"
}
if [[ -r {{installed}} ]]; then
  without_ipv6 {{installed}}
  installed=$text
  without_ipv6 {{wanted}}
  # Where the first lines differ, the survey has told in which names and ports.
  if [[ $installed == '# serves:'* && ${installed%%$'\n'*} != "${text%%$'\n'*}" ]]; then :
  elif [[ $text != "$installed" ]]; then note nginx-site-differs {{advice}}; fi
fi""",
        installed=f"/etc/nginx/sites-available/{site_name(target.app)}",
        wanted=target.paths.nginx,
        advice=f"nginx's site is not what the inventory says: `fab provision --hosts={target.host.name}` fixes that",
    )


def _overruled(target: Target, gunicorn: str) -> Script:
    """Say it where `fab scale` has no say in the number of workers, since a template of the user's has it."""
    usual = target.app.gunicorn.workers
    if WEB not in target.scale or not runs_gunicorn(target.app) or gunicorn_workers(gunicorn, usual) == usual:
        return Script("")
    return sh(
        "note workers-in-template {{text}}",
        text="web is not scaled: your own template of gunicorn.conf.py says how many workers it has",
    )


def gunicorn_file(target: Target, fill: Fill = render) -> str:
    """The text of the release's gunicorn.conf.py."""
    return fill(
        "gunicorn.conf.py.j2",
        folder=target.templates,
        app=target.app,
        paths=target.paths,
        detected=target.detected,
    )


def program_files(target: Target, fill: Fill = render) -> dict[PurePosixPath, str]:
    """supervisord's file for each process of the release; one that has count 0 has none."""
    return {
        target.paths.program_source(name): program_file(target, name, process, fill)
        for name, process in schedule_host.processes(target).items()
        if process.count
    }


def program_file(target: Target, name: str, process: Process, fill: Fill = render) -> str:
    """The text of supervisord's file for one process."""
    return fill(
        "program.conf.j2",
        folder=target.templates,
        app=target.app,
        paths=target.paths,
        name=name,
        process=process,
        command=_command(target, name, process),
        keeps_shell=name != WEB and process.command is not None and exec_command(process.command) is None,
        stop_timeout=target.app.stop_timeout(process),
    )


def _command(target: Target, name: str, process: Process) -> str:
    """The command line as supervisord parses it (shlex, after % expansion)."""
    if name == WEB:
        return server_command(target).text
    if not process.command:
        raise ValueError(f"process {name} has no command")
    command = exec_command(process.command) or process.command
    files = open_files(target.app, process)
    return sh("{{files}}{{run}} sh -c {{command}}", files=files, run=target.paths.launcher, command=command).text


def _check_gunicorn(target: Target) -> Script:
    if not runs_gunicorn(target.app):
        return Script(":")
    checked = target.detected.target or ""
    check = sh(
        "exec {{user}} {{launcher}} gunicorn --check-config -c {{conf}} {{app}} 2>&1",
        user=as_app(target),
        launcher=target.paths.launcher,
        conf=target.paths.gunicorn,
        app=checked,
    )
    # Of a pipeline bash would name the last command, which is our own.
    return sh(
        """
if ! {{check}}
then
  codes=("${PIPESTATUS[@]}")
  ((codes[0])) || codes[0]=1
  mark error "${codes[0]}" {{shown}}
  exit "${codes[0]}"
fi""",
        check=passed_on(check, mute=True),
        shown=f"gunicorn --check-config -c {target.paths.gunicorn} {checked}",
    )


def _digest(target: Target, *texts: str) -> str:
    """Stands for the configuration, whatever release it is for."""
    whole = "\0".join(texts).replace(target.release.id, "ID")
    return hashlib.sha256(whole.encode()).hexdigest()
