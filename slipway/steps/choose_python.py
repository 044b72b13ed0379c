"""Finds the Python that an app asks for on the host, or has uv bring one to a place for all apps."""

from __future__ import annotations

from slipway.core.shell import Script, join, sh
from slipway.model.step import Target

DEFAULT = Script(
    """
hash python3 2> /dev/null || true
python=$(exec readlink -f "${BASH_CMDS[python3]:-python3}")""".lstrip()
)


def choose(target: Target) -> Script:
    """Set `python` to the path of an interpreter; fails before anything is built if there is none to be had.

    The host's python3 is the first choice, then other versions on its PATH, then one that uv has brought.
    """
    wish = target.detected.python
    if not wish.versions:
        return DEFAULT
    return sh(
        """
{{find}}
no_python() {
  local own
  own=$(python3 -I -S -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2> /dev/null) || own=3.12
  fail {{not_there}} {{advice}} "python = \"$own\" into [app] of the inventory to use the host's own"
}
if ! find_python; then
  [[ -w {{pythons}} ]] || fail {{not_there}} {{provision}}
  (
    umask 022
    export UV_PYTHON_INSTALL_DIR={{pythons}} UV_CACHE_DIR={{cache}} UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1
    cd {{pythons}}
    {{uv}} python install -q --no-bin --no-config {{request}}
  ) || no_python
  find_python || no_python
fi""",
        find=_find(target),
        pythons=target.layout.pythons,
        cache=target.layout.cache,
        uv=target.layout.tools / "bin" / "uv",
        request=wish.request,
        not_there=f"the app needs Python {wish.request} ({wish.source}), and the host has none:",
        provision=f"run `fab provision --hosts={target.host.name}`, so that uv may bring one",
        advice="uv could not bring one, as the lines above say. Install it on the host, let the host reach uv's "
        "downloads or a mirror of them (UV_PYTHON_INSTALL_MIRROR in /etc/environment), or put",
    )


def find(target: Target) -> Script:
    """Set `python` to the same path, or to nothing where there is none yet; changes nothing."""
    if not target.detected.python.versions:
        return DEFAULT
    return join([_find(target), Script("find_python || python=")])


def _find(target: Target) -> Script:
    """Define `find_python`, which sets `python`, and fails if the host has none that is wanted."""
    wish = target.detected.python
    return sh(
        """
is_wanted() { # PATH: whether it is a Python of a wanted version
  [[ -x $1 ]] || return 1
  [[ {{exact}} ]] || return 0
  [[ $("$1" -I -S -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])') == {{exact}} ]]
}
find_python() {
  local version found
  for version in 3 {{versions}}; do
    hash "python$version" 2> /dev/null || continue
    python=$(exec readlink -f "${BASH_CMDS[python$version]}")
    found=${python##*/python}
    # A name without a version, or one besides python3, may be a launcher, such as pyenv's, that only running can tell.
    if [[ $version != 3 || $found != 3.* ]]; then
      found=$("$python" -I -S -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2> /dev/null) || continue
    fi
    [[ ' '{{any}}' ' == *" $found "* ]] || continue
    ! is_wanted "$python" || return 0
  done
  for version in {{versions}}; do
    for python in {{pythons}}/cpython-"$version".*/bin/"python$version"; do
      ! is_wanted "$python" || return 0
    done
  done
  return 1
}""",
        exact=wish.request if wish.request.count(".") == 2 and wish.source == "app.python" else "",
        versions=list(wish.versions),
        any=" ".join(wish.versions),
        pythons=target.layout.pythons,
    )
