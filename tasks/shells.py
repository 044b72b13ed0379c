"""Tasks that open a shell on one host: shell, console, ssh, open."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from invoke import Context, Exit, task

from .common import selected

if TYPE_CHECKING:
    from slipway.inventory import Host


@task(auto_shortflags=False)
def shell(c: Context) -> None:
    """Open a shell in the current release, with its venv and environment, as the app's user, on the first host.

    Example: fab shell --hosts=web2
    """
    from slipway.operations import shells

    host = first(c, "a shell in the current release")
    talk(host, shells.shell(host, tty()))


@task(auto_shortflags=False)
def console(c: Context) -> None:
    """Open Django's shell, or python, in the current release, on the first host.

    Examples: fab console    echo "print(1)" | fab console
    """
    from slipway.operations import shells

    host = first(c, "a console in the current release")
    talk(host, shells.console(host, tty()))


@task(auto_shortflags=False)
def ssh(c: Context) -> None:
    """Log in to the first host, as the login user.

    Example: fab ssh --hosts=web2
    """
    host = first(c, "a login")
    talk(host, "")


@task(name="open", auto_shortflags=False)
def visit(c: Context) -> None:
    """Print the site's address, and open it in a browser where there is a display.

    Example: fab open --hosts=prod
    """
    import webbrowser

    from slipway.core.errors import SlipwayError, UsageError

    _, hosts = selected(c)
    hosts = [host for host in hosts if host.app.web]
    if not hosts:
        raise UsageError("no selected host has a web side (web = false)", hint="`fab ps` shows what runs.")
    print(hosts[0].url, flush=True)
    if hosts[0].not_forwarded:
        raise SlipwayError(f"the site answers {hosts[0].not_forwarded}", hint="Set app.port = 80 for the lab's hosts.")
    display = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if display and sys.stdout.isatty():
        webbrowser.open(hosts[0].url)


def hand_over(host: Host, command: str) -> None:
    """Hand the terminal over to a command in the current release, see `slipway.operations.shells.command`."""
    print(f"{host.name}: at your terminal; --no-tty makes it a task with a record", file=sys.stderr, flush=True)
    talk(host, command)


def first(c: Context, what: str) -> Host:
    """The first selected host; says which one it is."""
    _, hosts = selected(c)
    host = hosts[0]
    others = f" (the first of {len(hosts)})" if len(hosts) > 1 else ""
    print(f"{host.name}{others}: {what}", file=sys.stderr, flush=True)
    return host


def tty() -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def fetch(host: Host, command: str, to: str) -> None:
    """Have ssh write what a command prints to a file that nobody else may read, or to standard output.

    Raises:
        SlipwayError: the file is there already, or cannot be written. Exit: the command failed; the file is deleted.
    """
    import os
    import subprocess

    from slipway.core.errors import SlipwayError
    from slipway.operations.shells import client

    words = [*client(host, tty=False), command]
    if not to:
        sys.stdout.flush()
        code = subprocess.run(words, stdin=subprocess.DEVNULL, check=False).returncode
    else:
        try:
            file = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise SlipwayError(f"{to}: {error.strerror}", hint="Name a file that is not there yet.") from None
        code = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=file, check=False).returncode
        os.close(file)
        if code:
            os.unlink(to)
    if code:
        raise Exit(code=code if code > 0 else 128 - code)


def talk(host: Host, command: str) -> None:
    """Hand the terminal over to ssh, and end with its exit code.

    Raises:
        SlipwayError: there is no ssh here.
    """
    import shutil
    import signal
    import subprocess

    from slipway.core.errors import SlipwayError
    from slipway.operations.shells import client

    if not shutil.which("ssh"):
        raise SlipwayError("ssh is not installed here", hint="apt-get install -y openssh-client")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for what runs there; ssh sets its own
    try:
        done = subprocess.run([*client(host, tty()), *([command] if command else [])], check=False,
                              preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)
    if done.returncode:
        raise Exit(code=done.returncode if done.returncode > 0 else 128 - done.returncode)
