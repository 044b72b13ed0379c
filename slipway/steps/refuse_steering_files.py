"""Refuses what a commit or a wheel could bring to steer what the account that deploys reads or runs."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.step import Target

# Files of a wheel may go anywhere in the venv. What decides how its Python starts, or whether it counts, is ours.
UNCHANGED = """\
for ours in pyvenv.cfg .complete bin lib; do
  if [[ -L $venv/$ours || ( $ours == pyvenv.cfg && $(< "$venv/pyvenv.cfg") != "$made" ) ||
    ( $ours == .complete && -e $venv/.complete ) ]]; then
    rm -rf "$venv"
    fail "a dependency brings a file $ours, which would replace that of the venv: find it, and remove it from the list"
  fi
done"""


def within(target: Target) -> Script:
    """Refuse files that lead out of the source, before anything reads them: they could be another app's secrets."""
    files = [*dict.fromkeys([*target.detected.requirements.files, *target.app.constraints])]
    if not files:
        return Script("")
    return sh(
        """
for file in {{files}}; do
  [[ $(exec readlink -f -- "$file") == "$(pwd -P)"/* ]] || fail "$file leads out of the source"
done""",
        files=[f"./{file}" for file in files],
    )
