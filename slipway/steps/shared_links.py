"""Links folders and files that outlive releases from the release into `shared/`."""

from __future__ import annotations

from slipway.core.shell import Script, join, sh
from slipway.model.step import Step, Target


def link(target: Target) -> Step:
    """Replace linked paths of the release by links to `shared/`; what is committed there is the first content.

    Databases and media that the settings put inside the source are linked too: they would be lost with the release.
    """
    app, detected = target.app, target.detected
    links = [
        *(_link(target, path, folder=True) for path in dict.fromkeys((*app.linked_dirs, *detected.media))),
        *(_link(target, path, folder=False) for path in dict.fromkeys((*app.linked_files, *detected.databases))),
    ]
    return Step("shared", "link shared files", join([_FUNCTION, *links] if links else []))


# A folder that the app's user may write to: the group is the app's, by the setgid bit of `shared/`.
_FUNCTION = Script(
    """link_shared() { # PLACE_IN_RELEASE PLACE_IN_SHARED FOLDER?
  [[ -d ${2%/*} ]] || (umask 007; mkdir -p "${2%/*}")
  if [[ ! -e $2 && ! -L $2 ]]; then
    if [[ -e $1 && ! -L $1 ]]; then (umask 007; cp -r "$1" "$2"; chmod -R g+w "$2")
    elif [[ $3 == yes ]]; then (umask 007; mkdir -p "$2"); fi
  fi
  [[ ! -e $1 && ! -L $1 ]] || rm -rf "$1"
  [[ -d ${1%/*} ]] || mkdir -p "${1%/*}"
  ln -s "$2" "$1"
}"""
)


def _link(target: Target, path: str, folder: bool) -> Script:
    return sh(
        "link_shared {{place}} {{shared}} {{folder}}",
        place=target.paths.app / path,
        shared=target.layout.shared / path,
        folder="yes" if folder else "no",
    )
