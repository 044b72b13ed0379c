"""Makes the virtual environment with uv; releases with the same dependencies share one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from slipway.core.shell import Script, join, sh
from slipway.detect import lock_files_to_requirements, poetry_dependencies_to_pep508
from slipway.detect.committed_files import text
from slipway.detect.project_metadata import read_project
from slipway.model.step import Facts, Step, Target
from slipway.steps import (
    build_local_packages,
    choose_python,
    install_dependencies,
    package_indexes,
    refuse_steering_files,
    uv_settings,
    venv_choice,
    venv_damage,
    venv_of_another_host,
)
from slipway.steps.compile_code import compile_code
from slipway.steps.files_for_builder import locked_name


def build(target: Target) -> Step:
    """Make the venv, or reuse the one that an earlier release built from the same inputs.

    Its name says all that went into it: the files that list dependencies, the web server, the host's Python. One that
    was made anew, by `--force` or since the first one is broken, has the time of its release in its name as well, and
    the newest is taken. A venv cannot be moved, so it is built in place, and counts only once its mark `.complete` is
    there, which says how many things are installed. Bytecode is compiled now: the app's user cannot write it later,
    and would compile at each start. uv hardlinks from its cache, so files in a venv share inodes and must never be
    given another owner or mode. The app's own bytecode is compiled while the next steps go on; `compiled` waits for it.

    No code of a dependency runs as the account that deploys: only wheels are installed, and bytecode is compiled
    without `site`, which would run what `.pth` files say. What has no wheel is built by an account of its own.
    """
    paths, payload = target.paths, _payload(target)
    return Step(
        "venv",
        "build the venv",
        sh(
            """
{{python}}
{{choose}}
reused=
[[ ! -e $venv/.complete ]] || reused=$venv
if [[ ! $reused ]]; then
  rm -rf "$venv" "$venv".{wheels,local,locked}
  # Files of a damaged venv are those of uv's cache.
  [[ {{force}} == no && $venv == "$plain" ]] || rm -rf {{cache}}/*
  (
    umask 022
{{settings}}
    export VIRTUAL_ENV="$venv" UV_PROJECT_ENVIRONMENT="$venv"
{{locked}}
    cd {{folder}}
{{within}}
{{fill}}
{{check}}
    rm -rf "$venv/.lock" "$venv".{wheels,local,locked}  # the lock is uv's, for everybody to write
    {{unchanged}}
    "$python" -I -S -m compileall -q -j 0 "$venv/lib" > /dev/null || true
{{keep}}
    count "$venv" > "$venv/.complete"
  )
{{passed_over}}fi
ln -sT "../../venvs/$name" {{link}}
fact venv "$name"
{{compile}}
{{compare}}""",
            python=choose_python.choose(target),
            choose=venv_choice.choose(target),
            settings=join([uv_settings.export(target), package_indexes.for_uv(target)]),
            locked=_locked(target),
            passed_over=Script("else\n  take > /dev/null\n" if payload else ""),
            check=_check(target),
            unchanged=Script(refuse_steering_files.UNCHANGED),
            within=refuse_steering_files.within(target),
            cache=target.layout.cache,
            force="yes" if target.force else "no",
            folder=paths.app,
            fill=_fill(target),
            link=paths.venv,
            compile=compile_code(target),
            keep=venv_damage.keep(target),
            compare=venv_damage.begin(target),
        ),
        payload,
        venv_of_another_host.uploads(target),
        download=venv_of_another_host.download(target),
    )


def _payload(target: Target) -> Callable[[Facts], bytes] | None:
    """What is pinned; or what proves that the venv of another host has come whole."""
    received = target.receives
    if received:
        return lambda facts: received.sha256.encode()
    return (lambda facts: pins(target)) if locked_name(target) else None


def _locked(target: Target) -> Script:
    """Set `locked` to a file of what is pinned, which comes as payload: it may be long, and mostly nobody needs it."""
    if target.receives:
        return venv_of_another_host.announced(target)
    name = locked_name(target)
    if not name:
        return Script("")
    return sh('mkdir "$venv.locked"\nlocked=$venv.locked/{{name}}\ntake > "$locked"', name=name)


def pins(target: Target) -> bytes:
    """What a lock file, or Poetry's own table, says, as uv reads it."""
    needs, source = target.detected.requirements, target.source
    project = read_project(source, needs.folder)
    if needs.kind == "poetry":
        lines = (
            poetry_dependencies_to_pep508.requirements(project, target.app.extras, target.app.groups) if project else []
        )
        return "".join(f"{line}\n" for line in lines).encode()
    path, choice = needs.roots[0], lock_files_to_requirements.Choice(target.app.extras, target.app.groups)
    return lock_files_to_requirements.pinned(path, text(source, path), project, choice).encode()


def compiled(target: Target) -> Step:
    """Wait for the bytecode. A file that cannot be compiled may never be imported: the boot will tell."""
    script = join([Script('wait "$compiling" || true'), venv_damage.end(target)])
    return Step("bytecode", "wait for the bytecode", script)


def _fill(target: Target) -> Script:
    """Fill the venv: with everything, or with another one's content and the app's own packages."""
    if target.receives:
        return venv_of_another_host.receive(target)
    anew = sh(
        """
{{uv}} venv -q --no-project --python "$python" "$venv"
made=$(< "$venv/pyvenv.cfg")
{{fill}}""",
        uv=_uv(target),
        fill=install_dependencies.fill(target),
    )
    if not target.detected.requirements.local:
        return anew
    return sh(
        """
{{build}}
if [[ $like ]]; then
  cp -al "$like" "$venv"
  rm -f "$venv/.complete"
  made=$(< "$venv/pyvenv.cfg")
  { grep -lZIF -- "$like/" "$venv"/bin/* || true; } | xargs -0r sed -i -e "s|$like/|$venv/|g" --  # in files of its own
  { grep -lZIF -- "$like" "$venv"/bin/activate* || true; } | xargs -0r sed -i -e "s|$like|$venv|g" --
{{reinstall}}
else
{{anew}}
fi""",
        build=build_local_packages.build(target),
        reinstall=install_dependencies.reinstall(target),
        anew=anew,
    )


def _check(target: Target) -> Script:
    """Refuse a venv that leads into a release, whatever it was made from: releases share venvs, and are deleted."""
    return sh(
        """
    for packages in "$venv"/lib/python*/site-packages; do
      leads=$(exec grep -lsFe {{releases}}/ -e "$(pwd -P)" \\
        "$packages"/*.pth "$packages"/__editable__* "$packages"/*.dist-info/direct_url.json) || true
      leads=${leads//"$packages"\\//}
      [[ ! $leads ]] || fail "a dependency leads into the release (${leads//$'\\n'/, }), but releases share venvs:" \\
        "do not install local folders; move their code into the app's own folder"
    done""",
        releases=target.layout.releases,
    )


def _uv(target: Target) -> PurePosixPath:
    return target.layout.tools / "bin" / "uv"
