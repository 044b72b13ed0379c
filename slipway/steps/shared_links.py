"""Links folders and files that outlive releases from the release into `shared/`.

Nothing in `shared/` is ever deleted, moved or overwritten, and nothing is deleted or made through a link: a folder
above a place that is a link ends the deploy. What is made in `shared/` is made by the app's own user, who can write
there anyway: whatever the app has put in the way, it reaches nothing of anybody else's.
"""

from __future__ import annotations

from slipway.core.shell import Script, join, put_file, sh
from slipway.model.step import Step, Target
from slipway.steps.common import as_app

_LIST = "shared"  # the file of the release's places, in its conf/


def link(target: Target) -> Step:
    """Replace linked paths of the release by links to `shared/`; what is committed there is the first content.

    Databases and media that the settings put inside the source are linked too: they would be lost with the release.
    The release notes its places in `conf/shared`, so that the next one can tell what it no longer uses.
    """
    places = target.shared_places
    listed = "".join(f"{place.path}\n" for place in places)
    links = [
        sh("link_shared {{path}} {{kind}}", path=place.path, kind="folder" if place.folder else "file")
        for place in places
    ]
    if links:
        links = [_functions(target), *links, put_file(target.paths.conf / _LIST, listed)]
    return Step("shared", "link shared files", join([*links, _compare(target, listed)]))


# is_plain TOP PATH: whether all folders above TOP/PATH, below TOP, are folders or not there: no link, and no file.
IS_PLAIN = Script(
    """is_plain() { # TOP PATH
  local above=$1 rest=$2
  while [[ $rest == */* ]]; do
    above+=/${rest%%/*} rest=${rest#*/}
    [[ ! -L $above ]] || { obstacle="$above is a link"; return 1; }
    [[ -e $above ]] || return 0
    [[ -d $above ]] || { obstacle="$above is no folder"; return 1; }
  done
}"""
)

# Made beside its place first, then renamed: half a copy never counts as data. `mv -n` lets be what came in between.
_MAKE = """set -eu
umask 007
cd "$1"
[[ $2 != */* ]] || mkdir -p -- "${2%/*}"
if [[ -e $3 ]]; then
  new=$(mktemp -d "$1/.slipway.XXXXXX")
  trap 'rm -rf -- "$new"' EXIT
  cp -rT -- "$3" "$new/copy"
  chmod -R g+w -- "$new/copy"
  mv -nT -- "$new/copy" "$2"
elif [[ $4 == folder ]]; then
  mkdir -- "$2"
fi"""


def _functions(target: Target) -> Script:
    return sh(
        """
{{is_plain}}
link_shared() { # PATH folder|file
  local place={{app}}/$1 kept={{shared}}/$1
  local in_commit="commit a real folder instead, or nothing, or keep the data at another path"
  is_plain {{app}} "$1" || fail "$1 cannot be kept in shared/: $obstacle; $in_commit"
  [[ ! -L $place ]] || fail "$1 cannot be kept in shared/: $place is a link already; $in_commit"
  if [[ -e $place ]]; then
    [[ $2 != folder || -d $place ]] ||
      fail "$1 is a file in the commit, and a folder is to be kept in shared/: put $1 into app.linked_files"
    [[ $2 != file || ! -d $place ]] ||
      fail "$1 is a folder in the commit, and a file is to be kept in shared/: put $1 into app.linked_dirs"
  fi
  if [[ ! -e $kept && ! -L $kept ]] && [[ $2 == folder || -e $place || ! -d ${kept%/*} ]]; then
    is_plain {{shared}} "$1" || fail "$1 cannot be kept in shared/: $obstacle; put a real folder there on the host"
    {{user}} bash -c {{make}} make {{shared}} "$1" "$place" "$2" < /dev/null ||
      fail "$kept cannot be made (see above): the app's account must be able to write its folder"
  fi
  if [[ $2 == folder ]]; then
    [[ ! -e $kept || -d $kept ]] || fail "$kept is a file, and a folder is to be kept there: move it away"
  else
    [[ ! -d $kept ]] || fail "$kept is a folder, and a file is to be kept there: put $1 into app.linked_dirs"
  fi
  [[ ! -e $place ]] || rm -rf -- "$place"
  [[ -d ${place%/*} ]] || mkdir -p -- "${place%/*}"
  ln -sT -- "$kept" "$place"
}""",
        is_plain=IS_PLAIN,
        app=target.paths.app,
        shared=target.layout.shared,
        user=as_app(target),
        make=_MAKE,
    )


def _compare(target: Target, listed: str) -> Script:
    """Tell what the release before kept in `shared/` and this one does not; it stays there."""
    note = Script(
        '"shared/$path is not used any more: the release before linked it, and this one does not. It stays there; '
        'app.linked_dirs or app.linked_files links it again"'
    )
    return sh(
        """
if [[ -s {{before}} ]]; then
  while IFS= read -r path; do
    for place in {{places}}; do [[ $path/ != "$place"/* ]] || continue 2; done
    [[ ! -e {{shared}}/$path ]] || note shared-unused {{note}}
  done < {{before}}
fi""",
        before=target.layout.current / "conf" / _LIST,
        places=listed.splitlines(),
        shared=target.layout.shared,
        note=note,
    )
