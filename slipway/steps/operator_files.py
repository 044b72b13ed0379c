"""Writes the files that an app gets from its operator into the release."""

from __future__ import annotations

from contextlib import suppress

from slipway.core.shell import Script, join, sh
from slipway.model.step import Step, Target
from slipway.render.operator_files import Missing, contents, digest
from slipway.steps.shared_links import IS_PLAIN

_TITLE = "write files of the operator"


def write(target: Target) -> Step:
    """Write the files of `app.files`, readable for the app and not writable; they belong to this release alone.

    They may hold secrets, so they travel as payload, each with its size before it. The script has a digest of all of
    them, so that a file that has changed makes another release.
    """
    if not target.app.files:
        return Step("files", _TITLE, Script(""))
    with suppress(Missing):  # by the settings of the hosts, perhaps, which are known when the payload is made
        contents(target)
    writes = [sh("take_file {{path}}", path=path) for path in sorted(target.app.files)]
    script = sh(
        """
{{is_plain}}
take_file() { # PATH
  local place={{app}}/$1
  is_plain {{app}} "$1" || fail "the file $1 of app.files cannot be written: $obstacle"
  [[ ! -d $place || -L $place ]] || fail "the file $1 of app.files cannot be written: the release has a folder there"
  mkdir -p -- "${place%/*}"
  rm -f -- "$place"
  take > "$place"
}
IFS= read -r _
{{writes}}
printf '%s\\n' {{digest}} > {{mark}}""",
        is_plain=IS_PLAIN,
        app=target.paths.app,
        writes=join(writes),
        digest=digest(target),
        mark=target.paths.conf / "files",
    )
    return Step("files", _TITLE, script, lambda facts: b"".join(_framed(text) for text in contents(target).values()))


def _framed(text: bytes) -> bytes:
    return b"%d\n%b" % (len(text), text)


def known_by(target: Target) -> str:
    """Stands for the files, for what depends on them; "" where there are none."""
    return digest(target) if target.app.files else ""
