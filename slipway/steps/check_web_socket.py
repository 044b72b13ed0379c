"""Checks on a host that `web.sock` leads to a socket of the release itself, whatever the app has put in its place."""

from __future__ import annotations

from slipway.core.shell import Script

# The app may write in the folder, and can put a link to another app's socket there. nginx follows none of these
# (`slipway.model.release_layout.RUN_MODE`), unless the kernel is not set to protect links. What is bound in the folder
# itself, and is no link, is the app's own: nobody else gets in. Without a process.
OWN_SOCKET = Script(
    """own_socket() { # FOLDER: whether web.sock leads to a socket that lies there itself
  local place
  for place in "$1"/web.*.sock "$1"/web.sock; do
    [[ -L $place || ! -S $place || ! $1/web.sock -ef $place ]] || return 0
  done
  return 1
}"""
)
