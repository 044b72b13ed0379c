"""Switches the kernel's protection of links on, which keeps nginx from links that an app puts in its socket's place."""

from __future__ import annotations

from pathlib import PurePosixPath

from slipway.core.shell import Script, sh
from slipway.model.step import Step
from slipway.provision.target import PUT, Site

KERNEL = PurePosixPath("/proc/sys/fs")
# Its name comes after those of packages and of /etc/sysctl.conf.
SETTINGS = PurePosixPath("/etc/sysctl.d/99-slipway.conf")
TEXT = """\
# Written by `fab provision`: keeps apps from leading nginx to what is not theirs. docs/provision.md says more.
fs.protected_symlinks = 1
fs.protected_hardlinks = 1
"""


def protected_links(site: Site, kernel: PurePosixPath = KERNEL, settings: PurePosixPath = SETTINGS) -> Step:
    """See that the kernel protects links, as it does on Debian and Ubuntu unless somebody has switched that off.

    A container has the kernel of the machine that it runs on, and may not change it: that is told at every run.
    """
    script = sh(
        r"""
{{put}}
for name in symlinks hardlinks; do
  setting={{kernel}}/protected_$name value=0
  [[ ! -r $setting ]] || value=$(< "$setting")
  [[ $value == 0 ]] || continue
  if { printf '1\n' > "$setting"; } 2> /dev/null; then
    fact changed "fs.protected_$name of the kernel"
    put {{settings}} 644 {{text}} {{settings}}
  else
    note links-followed {{followed}}
  fi
done""",
        put=PUT,
        kernel=kernel,
        settings=settings,
        text=TEXT,
        followed=Script(
            '"fs.protected_$name of the kernel is off and cannot be changed from here: an app can lead nginx to a '
            'socket of another app. Set it to 1 on the machine that runs this container"'
        ),
    )
    return Step("links", "have the kernel protect links", script)
