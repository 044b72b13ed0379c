"""What several steps share: acting as the app's user, running programs of `slipway.remote`, health checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from slipway.core.shell import Script, piped, python, received, sh
from slipway.inventory import Host
from slipway.model.step import Placed
from slipway.remote import program

NOT_YET = "Run `fab provision` for this host first."


def as_app(target: Placed) -> Script:
    """The words that run a command as the app's user; none are needed where there is only one user."""
    return as_user_of(target.host)


def as_user_of(host: Host) -> Script:
    """The same for whatever is on a host, without a release in mind."""
    if host.rootless:
        return Script("env")
    return sh("sudo -n -u {{user}} --", user=host.app.user)


def remote(name: str, options: Mapping[str, object]) -> Script:
    """Run a program of `slipway.remote` with the host's own Python."""
    return python(program(name), options)


def remote_in_release(target: Placed, name: str, options: Mapping[str, object]) -> Script:
    """Run a program of `slipway.remote` inside the release: its venv, its environment, the app's user."""
    interpreter = sh("{{user}} {{launcher}} python", user=as_app(target), launcher=target.paths.launcher)
    return from_app(interpreter, name, options)


def from_app(interpreter: Script, name: str, options: Mapping[str, object], **facts: str) -> Script:
    """Run a program of `slipway.remote` as the app's user, and take from it no more than is asked for.

    Args:
        interpreter: the words that run Python as that user.
        facts: the shape of each fact that it may tell, see `slipway.remote.host.filter_app_facts`.
    """
    return piped((program(name), options, interpreter), (program("host.filter_app_facts"), {"facts": facts}))


def passed_on(command: Script, mute: bool = False) -> Script:
    """Run a command line as the app's user; what it prints is for people.

    Args:
        command: with `exec` where it is a program, see `received`.
        mute: nothing that it prints counts as a note of ours or as the reason of a failure.
    """
    options = {"facts": {}, **({"mute": True} if mute else {})}
    return received(command, program("host.filter_app_facts"), options)


class HealthQuestion(TypedDict):
    """What to ask for, by which name, and whether as over https."""

    health: str | None
    host: str
    https: bool
    https_redirect: bool


def health_question(host: Host) -> HealthQuestion:
    """What to ask, in the words that `boot`, `ask` and `state` understand.

    The Host header is the first real domain, else the host's address, as a visitor would send it.
    """
    app = host.app
    allowed = "https-redirect" in app.allow
    return {"health": app.health, "host": host.site, "https": app.by_https, "https_redirect": allowed}
