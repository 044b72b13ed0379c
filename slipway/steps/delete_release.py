"""Deletes the folders of releases, also where the app has put something into them that may not be opened."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.inventory import Host
from slipway.steps.common import as_user_of


def delete_releases(host: Host) -> Script:
    """Define a function that deletes the folders of releases.

    The app may write into the folder `run` of its releases, so a folder in there may be one that nobody else may open.
    The app's own user deletes it then. What is left all the same is told, and tried again by the next deploy; it keeps
    nobody from deploying.
    """
    return sh(
        """
delete_releases() { # PATH...: folders of releases, and files that go with them
  rm -rf -- "$@" 2> /dev/null && return
  local folder
  for folder; do
    [[ -d $folder ]] || continue
    {{user}} find "$folder/run" -mindepth 1 -type d -exec chmod u+rwx {} ';' > /dev/null 2> /dev/null || true
    {{user}} find "$folder/run" -mindepth 1 -delete > /dev/null 2> /dev/null || true
    rm -rf -- "$folder" 2> /dev/null ||
      note release-not-deleted "$folder cannot be deleted whole, since the app has made files in it: delete it by hand"
  done
}""",
        user=as_user_of(host),
    )
