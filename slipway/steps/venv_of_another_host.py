"""Has a venv built on one host of each kind and sent to the others, through this machine (`app.build.on_one_host`)."""

from __future__ import annotations

from pathlib import PurePosixPath

from slipway.core.shell import Script, python, python_from, sh
from slipway.model.output_to_fetch import Download
from slipway.model.step import Step, Target, Upload
from slipway.remote import program
from slipway.steps import choose_python, venv_choice

FACT = "venv-kind"


def report(target: Target) -> Step:
    """Tell the fact `venv-kind` where a venv has to be made: hosts that tell the same can share one.

    It is what a venv fits: system, architecture, Python, and the paths that are written in it.
    """
    if not shares(target):
        return Step("kind", "see what the venv has to fit", Script(""))
    return Step(
        "kind",
        "see what the venv has to fit",
        sh(
            """
{{python}}
if [[ $python ]]; then
{{choose}}
  if [[ ! -e $venv/.complete && ! $like ]]; then
    system=
    while IFS='=' read -r key value; do
      [[ $key != @(ID|VERSION_ID) ]] || system+=" ${value//\\"/}"
    done < /etc/os-release
    fact {{fact}} "$HOSTTYPE$system $python $venv"
  fi
fi""",
            python=choose_python.find(target),
            choose=venv_choice.choose(target),
            fact=FACT,
        ),
    )


def shares(target: Target) -> bool:
    """Whether its venv may come from another host, or go to one."""
    needs = target.detected.requirements
    something = needs.kind != "none" or needs.local or target.detected.servers or target.app.add_requirements
    return bool(target.app.build.on_one_host and something and not target.app.build.wheels)


def download(target: Target) -> Download | None:
    """Bring the venv of a host here, if others are to get it."""
    if not target.offers:
        return None
    return Download(python(program("host.send_venv"), {"venv": str(target.paths.venv)}), target.offers.keep)


def uploads(target: Target) -> tuple[Upload, ...]:
    """Send another host's venv, which lies here by then."""
    return (Upload(target.receives.file, _sent(target)),) if target.receives else ()


def receive(target: Target) -> Script:
    """The commands that fill `$venv` with it; they read its SHA-256 from the payload."""
    return sh(
        """
{{uv}} venv -q --no-project --python "$python" "$venv"
made=$(< "$venv/pyvenv.cfg")
{{receive}}
rm -f {{sent}}""",
        uv=target.layout.tools / "bin" / "uv",
        receive=python_from(
            program("host.receive_venv"),
            Script('\'{"archive": "\'"$archive"\'", "venv": "\'"$venv"\'", "folder": "\'"$venv.received"\'"}\''),
            Script('\'{"sha256": "\'"$sha256"\'"}\''),
        ),
        sent=_sent(target),
    )


def announced(target: Target) -> Script:
    """Set what `receive` reads."""
    return sh('rm -rf "$venv.received"\nsha256=$(take) archive={{sent}}', sent=_sent(target))


def _sent(target: Target) -> PurePosixPath:
    return target.layout.venvs / f"{target.release.id}.sent"
