"""Runs the user's build commands on a host, as the account that builds, and takes over what they made.

What comes from the same inputs is kept in `builds/` and shared by releases: it is never built twice.
"""

from __future__ import annotations

import hashlib
import json

from slipway.core.shell import Script, join, piped, sh
from slipway.env import dotenv
from slipway.model.step import Step, Target
from slipway.remote import program
from slipway.steps.builder_account import as_builder, reset, work
from slipway.steps.common import NOT_YET, passed_on
from slipway.steps.compile_code import compile_code

TREE, SNAPSHOT, HOME = "app", "before.json", "home"  # in the folder of the account that builds


def run(target: Target) -> Step:
    """Run the commands in a copy of the code, and hardlink what they made into the release.

    The account that builds is neither the app nor the account that deploys: it reads nobody's environment, and cannot
    write into any release. It gets a copy of the committed files and the variables that `app.build.env` names; what it
    makes comes back by a pipe, as regular files and links within the release, whatever it tries.
    """
    build = target.app.build
    if not build.commands:
        return Step("build", "run build commands", Script(""))
    values = dotenv.read(target.env) if build.env else {}
    lacking = [name for name in build.env if name not in values]
    if lacking:
        reason = f"app.build.env of the inventory names {', '.join(lacking)}, and the environment has no such name"
        return Step("build", "run build commands", sh("fail {{reason}}", reason=reason))
    given = dotenv.render({name: values[name] for name in build.env})
    script = sh(
        """
size=0 build_env=
{{take}}
built={{builds}}/{{key}}-$name
if [[ {{force}} == yes || ! -d $built ]]; then
{{anew}}
else
  echo "build commands: nothing that they depend on has changed"
fi
made_python=$(exec find "$built/files" -name '*.py' -print -quit)
[[ ! $made_python ]] || wait "$compiling" || true
cp -al --remove-destination -T -- "$built/files" {{app}} || fail {{clash}}
ln -sT "../../builds/${built##*/}" {{link}}
if [[ $made_python ]]; then
{{compile}}
fi""",
        take=Script('IFS= read -r size\nIFS= LC_ALL=C read -r -N "$size" build_env' if build.env else ""),
        builds=target.layout.builds,
        key=_key(target),
        force="yes" if target.force else "no",
        anew=_anew(target),
        app=target.paths.app,
        compile=compile_code(target),
        clash="what the build commands made cannot be put into the release: the lines above say what is in the way",
        link=target.paths.build,
    )
    return Step("build", "run build commands", script, (lambda facts: given) if build.env else None)


def _anew(target: Target) -> Script:
    """Run the commands, and have `$built` hold what they made, whole or not at all."""
    new = target.layout.builds / "new"
    options = {"tree": TREE, "snapshot": SNAPSHOT, "only": list(target.app.build.outputs)}
    return sh(
        """
  mkdir -p -m 2750 {{builds}}
  rm -rf {{new}}
  mkdir {{new}}
{{account}}
  wait "$compiling" || true  # what it writes would disturb tar
  send_code() {
    printf '%s\\n%s' "$size" "$build_env"
    tar -C {{app}} --exclude=__pycache__ {{without}} -cf - -- {{inputs}}
  }
  begin_build() {
    send_code | {{user}} bash -c {{begin}} 2>&1
  }
{{begun}}
{{commands}}
{{ended}}
{{handed_over}}
  {{user}} bash -c {{clean}}
  rm -rf "$built"
  mv -T {{new}} "$built\"""",
        builds=target.layout.builds,
        new=new,
        account=_account(target),
        app=target.paths.app,
        without=_without_uploads(target),
        inputs=[f"./{path}" for path in target.app.build.inputs] or ["."],
        user=as_builder(target),
        begin=_begin(target).text,
        begun=passed_on(Script("begin_build"), mute=True),
        commands=join([_run_build(target), *(_command(command) for command in target.app.build.commands)]),
        ended=_ended(target),
        handed_over=piped(
            (
                program("between_accounts.send_built_files"),
                options,
                sh("{{inside}} python3 -I -S", inside=_inside(target)),
            ),
            (program("between_accounts.receive_built_files"), {"folder": str(new / "files")}),
        ),
        clean=reset(target).text,
    )


def _without_uploads(target: Target) -> list[str]:
    """Options for tar: files that git does not have may differ at each deploy, and so are no input."""
    return [word for path in target.app.uploads for word in ("--anchored", "--no-wildcards", f"--exclude=./{path}")]


def _ended(target: Target) -> Script:
    """End what the commands have left running."""
    if target.host.rootless:  # the account runs the app, too
        return Script("")
    return sh("  {{user}} kill -KILL -1 2> /dev/null || true", user=as_builder(target))


def _account(target: Target) -> Script:
    """Let the account that builds enter the venvs alone."""
    if target.host.rootless:
        return Script("")
    layout = target.layout
    return sh(
        """
id -u {{builder}} > /dev/null 2>&1 || fail {{not_yet}}
hash setfacl 2> /dev/null || fail {{not_yet}}
setfacl -m u:{{builder}}:--x -- {{ways}} || fail {{no_lists}}
setfacl -m u:{{builder}}:--- -- {{closed}}""",
        builder=target.app.build_user,
        not_yet=f"the account that builds, or setfacl, is missing. {NOT_YET}",
        no_lists=f"the account that builds cannot be let into {target.layout.venvs}: see the lines above",
        ways=[layout.base, layout.venvs],
        closed=[layout.releases, layout.static, layout.shared, layout.maintenance.folder],
    )


def _inside(target: Target) -> Script:
    """The words that run a command as the account that builds, in the folder of the build."""
    script = sh('cd {{work}} && exec "$@"', work=work(target)).text
    return sh("{{user}} bash -c {{script}} in", user=as_builder(target), script=script)


def _begin(target: Target) -> Script:
    """Lay down what comes on standard input: the environment, with its size before it, then an archive of the code."""
    return sh(
        """
set -euo pipefail
umask 077
{{reset}}
mkdir -p {{work}}/{{tree}} {{work}}/{{home}}
cd {{work}}
IFS= read -r size
head -c "$size" > env
tar -xf - -C {{tree}}
exec python3 -I -S -c {{program}} {{options}}""",
        reset=reset(target),
        work=work(target),
        tree=TREE,
        home=HOME,
        program=program("between_accounts.send_built_files"),
        options=json.dumps({"tree": TREE, "snapshot": SNAPSHOT, "begin": True}),
    )


def _run_build(target: Target) -> Script:
    """Define `run_build COMMAND`."""
    settings = target.detected.settings
    script = sh(
        """
set -a
LANG=C.UTF-8
PYTHONUNBUFFERED=1
PYTHONDONTWRITEBYTECODE=1
HOME=$PWD/{{home}}
{{settings}}
. ./env
SLIPWAY_APP={{name}}
VIRTUAL_ENV=$1
PATH=$1/bin:$PATH
set +a
umask 022
cd {{folder}} || exit 1
exec sh -c "$2\"""",
        settings=sh("DJANGO_SETTINGS_MODULE={{settings}}", settings=settings) if settings else Script(""),
        name=target.app.name,
        folder=f"{TREE}/{target.detected.chdir}" if target.detected.chdir else TREE,
        home=HOME,
    )
    # sudo passes on neither the agent's lock nor its output; without it they would be held by what a command leaves.
    return sh(
        'run_build() { exec {{inside}} sh -c {{script}} build "$venv" "$1" < /dev/null 2>&1{{closed}}; }',
        inside=_inside(target),
        script=script.text,
        closed=Script(" 7>&- 9>&-" if target.host.rootless else ""),
    )


def _command(command: str) -> Script:
    """Run one command; its output goes through a program of ours, since it may say anything."""
    return sh(
        """
  if ! {
{{run}}
  }; then fail {{failure}}; fi""",
        run=passed_on(sh("run_build {{command}}", command=command), mute=True),
        failure=f"the build command `{command}` failed: its last lines say why",
    )


def _key(target: Target) -> str:
    """16 hex digits that stand for all that the commands can read, but for the venv and the host's own programs."""
    app, source = target.app, target.source
    inputs = app.build.inputs
    read = {path: hash for path, hash in source.files.items() if _is_below(path, inputs)} if inputs else source.tree
    about: list[object] = [read, app.build.commands, app.build.inputs, app.build.outputs, app.uploads, app.name]
    about += [target.detected.chdir, target.detected.settings, target.env_digest if app.build.env else ""]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]


def _is_below(path: str, places: tuple[str, ...]) -> bool:
    return any(f"{path}/".startswith(f"{place}/") for place in places)
