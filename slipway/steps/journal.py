"""The undo journal: a script on the host that puts it back, there before anything changes and gone when all is well.

Whoever finds it runs it: the control machine when a host fails, the agent when the control machine is lost, the
app's systemd unit when the host restarts, and the next operation's survey in any other case.
"""

from __future__ import annotations

from slipway.shell import Script, sh
from slipway.step import Step, Target
from slipway.steps.common import as_app, remote, supervisor

# Requests that the new release got before it was taken back may still finish.
GRACE = 10  # seconds


def open_journal(target: Target) -> Step:
    """Write the journal of a deploy."""
    return Step(
        "journal",
        "note how to go back",
        sh(
            """
previous=$(readlink {{current}} || true)
{ printf 'previous=%q\\n' "$previous"; cat <<'SLIPWAY_UNDO'
{{undo}}
SLIPWAY_UNDO
} > {{journal}}.new
mv -f {{journal}}.new {{journal}}""",
            current=target.layout.current,
            journal=target.layout.undo,
            undo=_undo(target),
        ),
    )


def close_journal(target: Target) -> Step:
    """The decision: from here on the new release stays."""
    return Step(
        "commit",
        "keep the new release",
        sh(
            """
previous=$(sed -n 's/^previous=//p' {{journal}} | head -n 1)
if [[ $previous && $previous != "''" ]]; then
  ln -sfn "$previous" {{standby}}.new
  mv -fT {{standby}}.new {{standby}}
fi
rm -f {{journal}}""",
            journal=target.layout.undo,
            standby=target.layout.standby,
        ),
    )


def _undo(target: Target) -> Script:
    layout, paths = target.layout, target.paths
    return sh(
        """
cd {{base}} || exit 1
if [[ $(readlink current) == {{link}} ]]; then
  if [[ $previous ]]; then
    ln -sfn "$previous" current.new && mv -fT current.new current
  else
    rm -f current
  fi
fi
if [[ -e {{program}} && -S {{supervisor}} ]]; then
{{stop}}
fi
rm -f {{program}} {{env}}
[[ ! -d {{static}}/files ]] || {{user}} rm -rf {{static}}/files
rm -rf {{release}} {{static}}
git --git-dir=repo.git update-ref -d {{ref}} 2> /dev/null
rm -f {{journal}}""",
        base=layout.base,
        link=f"releases/{target.release.id}",
        program=paths.program_file("web"),
        supervisor=layout.supervisor_socket,
        stop=remote(
            "stop",
            {
                "supervisor": supervisor(target),
                "programs": [paths.program("web")],
                "sockets": {paths.program("web"): str(paths.socket)},
                "files": {paths.program("web"): str(paths.program_file("web"))},
                "wait": GRACE,
                "grace": GRACE,
            },
        ),
        env=paths.env,
        release=paths.path,
        user=as_app(target),
        static=layout.static / target.release.id,
        ref=paths.ref,
        journal=layout.undo,
    )
