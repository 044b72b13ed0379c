"""Sends a local folder or file that is not in git to a host, by rsync: only differences travel."""

from __future__ import annotations

import shlex
import shutil
from typing import TYPE_CHECKING

from slipway.core.errors import SlipwayError
from slipway.core.patchwork_compat import patchwork
from slipway.model.step import Upload

if TYPE_CHECKING:
    from fabric import Connection
    from invoke import Result

    from slipway.inventory import Host

# Modes as the code has them; the group is the app's, by the setgid bit of the folder above.
# --protect-args: no shell there reads the path.
OPTIONS = "-q -l --mkpath --protect-args --chmod=D2750,F0640"


def send(connection: Connection, host: Host, upload: Upload) -> None:
    """Make a path on the host the same as a local one.

    rsync logs in by OpenSSH, with the same user, port, keys and known hosts.

    Raises:
        SlipwayError: rsync is missing here or there, or says why it failed.
    """
    from invoke import UnexpectedExit

    tools = patchwork()
    if not shutil.which("rsync"):
        raise SlipwayError("rsync is not installed here", hint="apt-get install -y rsync")
    if not tools.have_program(connection, "rsync"):
        raise SlipwayError(
            f"{host.name}: rsync is not installed there", hint=f"Run `fab provision --hosts={host.name}`."
        )
    folder = upload.source.is_dir()
    end = "/" if folder else ""
    connection.config.run.hide = True
    try:
        tools.rsync(
            connection,
            shlex.quote(f"{upload.source}{end}"),
            shlex.quote(f"{upload.target}{end}"),
            delete=folder,
            rsync_opts=OPTIONS,
            ssh_opts=_ssh_options(host),
        )
    except UnexpectedExit as error:
        raise _refused(f"{host.name}: {upload.source} could not be sent", host, error.result) from error


def _refused(what: str, host: Host, result: Result) -> SlipwayError:
    """Why rsync failed; a login shell that prints breaks the protocol of rsync, and nothing else of ours."""
    said = result.stderr.strip().splitlines() or [f"exit code {result.exited}"]
    if "is your shell clean" in result.stderr:
        return SlipwayError(
            f"{what}: the login shell of {host.user} prints something there, and rsync takes that for an answer",
            hint="Let ~/.bashrc and the like print nothing unless a person logs in: [[ $- == *i* ]] || return",
        )
    return SlipwayError(f"{what}: {said[-1]}", hint="Does `ssh` to that host work?")


def _ssh_options(host: Host) -> str:
    """Options for ssh, inside the single quotes in which patchwork puts them."""
    words = ["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
    if host.ssh_config:
        words += ["-F", str(host.ssh_config)]
    if host.known_hosts:
        words += ["-o", f"UserKnownHostsFile={host.known_hosts}"]
    if host.gateway:
        words += ["-J", host.gateway]
    for word in words:
        if shlex.quote(word) != word:
            raise SlipwayError(
                f"{host.name}: rsync's ssh cannot be given {word!r}", hint="Take a path without spaces and quotes."
            )
    return " ".join(words)
