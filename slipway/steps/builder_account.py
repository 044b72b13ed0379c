"""The account that builds: nothing of one build is left for the next one, not even of a build that was cut off."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.step import Target

FOLDER = "building"  # in the app's own folder, where there is no such account


def as_builder(target: Target) -> Script:
    """The words that run a command as the account that builds."""
    return Script("env") if target.host.rootless else sh("sudo -n -H -u {{user}} --", user=target.app.build_user)


def work(target: Target) -> Script:
    """The folder of build commands, as a word of a script that runs as the account that builds."""
    return sh("{{path}}", path=target.layout.base / FOLDER) if target.host.rootless else Script("~/commands")


def reset(target: Target) -> Script:
    """End all processes of the account, and remove what a build has there; for a script that runs as this account.

    Its uv cache stays, and what an operator has put into its home, such as a key for git. Without root the account runs
    the app, too: nothing but the folder of the build is its own then.
    """
    if target.host.rootless:
        return sh("[[ ! -d {{work}} ]] || chmod -R u+w {{work}}\nrm -rf {{work}}", work=work(target))
    return Script(
        """
kill -KILL -- -1 2> /dev/null || true
! hash crontab 2> /dev/null || crontab -r < /dev/null > /dev/null 2>&1 || true
for place in ~/commands ~/scratch ~/local; do
  [[ -L $place || ! -d $place ]] || chmod -R u+rwX -- "$place" || true
  rm -rf -- "$place"
done""".strip()
    )


def revert(target: Target) -> Script:
    """The same for the journal, where a build may have been cut off."""
    if target.host.rootless and not target.app.build.commands:
        return Script("")
    return sh(
        """
if {{there}}; then {{user}} bash -c {{reset}} < /dev/null > /dev/null 2>&1; fi""",
        there=Script("true")
        if target.host.rootless
        else sh("id -u {{user}} > /dev/null 2>&1", user=target.app.build_user),
        user=as_builder(target),
        reset=reset(target).text,
    )
