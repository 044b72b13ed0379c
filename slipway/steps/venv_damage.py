"""Notices that files of a venv are missing or cut off, so that a damaged one is never reused."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.step import Target

_LIST = Script(
    """
files_of() { # VENV: size and path of each file but bytecode, sorted
  find "$1/bin" "$1/lib" -type f ! -name '*.pyc' -printf '%s %P\\n' | LC_ALL=C sort
}""".strip()
)


def keep(target: Target) -> Script:
    """Write down what a finished venv holds. Without root the app may write there, and nothing would follow."""
    if target.host.rootless:
        return Script("")
    return Script(f'{_LIST}\nfiles_of "$venv" > "$venv/.files"')


def begin(target: Target) -> Script:
    """Compare while the next steps go on, if the venv is reused; a step that fails meanwhile tells the damage, too.

    A damaged venv is marked: the next deploy makes another one, and empties uv's cache, whose files it shares.
    """
    if target.host.rootless:
        return Script("")
    return sh(
        """
{{list}}
damage=
if [[ $reused && -s $reused/.files ]]; then
  exec {damage}< <(LC_ALL=C comm -23 "$reused/.files" <(files_of "$reused"))
fi
is_damaged() { # sets damaged_file; tells only once
  local from=$damage
  damage=
  [[ $from ]] && IFS=' ' read -r _ damaged_file <&"$from" || return 1
  : > "$reused/.damaged"
}
trap '(($? == 0)) || ! is_damaged || echo "{{damaged}}"' EXIT""",
        list=_LIST,
        damaged=DAMAGED,
    )


# In double quotes.
DAMAGED = Script(
    "the venv is damaged ($damaged_file is missing or has another size): \\`fab deploy\\` again makes it anew"
)


def end(target: Target) -> Script:
    """Wait for the comparison, and stop before anything of a damaged venv serves."""
    if target.host.rootless:
        return Script("")
    return sh('! is_damaged || fail "{{damaged}}"', damaged=DAMAGED)
