"""Installs the tools that deploys use, uv and supervisor, pinned, in a venv that all apps share."""

from __future__ import annotations

from slipway.core.shell import sh
from slipway.model.step import Step
from slipway.provision.target import Site

# Checked together with the deploy steps; a new pin makes provision build a new venv beside the old one.
PINS = ("uv==0.13.8", "supervisor==4.3.0")


def tools(site: Site) -> Step:
    """Make the venv of the tools.

    A venv cannot be moved, so each set of pins gets a folder of its own, and `tools` is a link that is switched when
    the venv is whole. Beside it lies the place where deploys have uv put Pythons that the host lacks.

    A supervisord that runs from the old one is not disturbed; that one is kept while it runs.
    """
    return Step(
        "tools",
        "install uv and supervisor",
        sh(
            """
home={{home}} tools={{tools}} pins=({{pins}})
[[ -d $home ]] || { (umask 022; mkdir -p "$home"); fact changed "folder $home"; }
if [[ ! -d {{pythons}} ]]; then
  (umask 022; mkdir {{pythons}})
  chown {{login}} {{pythons}}
  fact changed "folder "{{pythons}}
fi
if [[ $(stat -c %a -- "$home/lock" 2> /dev/null) != 600 ]]; then  # who can open it can hold it
  (umask 077; : >> "$home/lock")
  chmod 0600 -- "$home/lock"
fi
(
  flock 8  # another app may be provisioned here at the same time
  version=$(python3 -I -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
  venv=$tools-{{name}}-$version
  if [[ ! -e $venv/complete || $(readlink "$tools") != "$venv" ]]; then
    if [[ ! -e $venv/complete ]]; then
      umask 022
      rm -rf -- "$venv"
      python3 -m venv -- "$venv" || fail "python3 -m venv failed: is python3-venv installed?"
      "$venv/bin/pip" install --quiet --disable-pip-version-check --no-input --only-binary uv "${pins[@]}" 2>&1 \\
        || fail "pip could not install ${pins[*]}: see above; hosts need the package index or a mirror of it"
      touch "$venv/complete"
    fi
    ln -sfnT -- "$venv" "$tools.new"
    mv -fT -- "$tools.new" "$tools"
    fact changed "tools ${pins[*]}"
    for old in "$tools"-*; do
      [[ $old == "$venv" ]] || grep -qsF -- "$old/" /proc/[0-9]*/cmdline || rm -rf -- "$old"
    done
  fi
) 8>> "$home/lock"
""",
            home=site.home,
            tools=site.layout.tools,
            pythons=site.layout.pythons,
            login=site.host.user,
            name="-".join(PINS).replace("==", "-"),
            pins=list(PINS),
        ),
    )
