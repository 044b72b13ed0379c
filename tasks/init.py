"""The task for the first minute: init writes an app's inventory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from invoke import Context, task

from slipway.cli.executor import LocalTask

if TYPE_CHECKING:
    from slipway.operations.first_inventory import Answers


@task(
    help={
        "servers": "root@ADDRESS of each server, by comma; or lab, for a container on this machine.",
        "domains": "Names of the site, by comma.",
        "name": "The app's name on the servers (default: the folder's).",
        "yes": "Ask nothing: take what is given, and proposals for the rest.",
    },
    klass=LocalTask,
    auto_shortflags=False,
)
def init(c: Context, servers: str = "", domains: str = "", name: str = "", yes: bool = False) -> None:
    """Write an inventory.toml for the app in this repository: look at its source, and ask for the rest.

    It overwrites nothing, and tries whether your SSH key lets you in to each server.

    Examples: fab init    fab init --servers=root@203.0.113.7 --domains=www.example.org --yes    fab init --servers=lab
    """
    from slipway.model.hosts_to_targets import sources_of
    from slipway.operations.describe_app import describe_app
    from slipway.operations.first_inventory import LAB, example_text, inventory_text, to_fill_in

    from .detect import any_host

    folder = Path.cwd()
    refuse_to_overwrite(folder)
    host = any_host(folder)
    (source,) = sources_of([host], dirty=True).values()
    about = describe_app(host, source)
    say(f"{about.detected['kind']}; {about.detected.get('entry point') or about.detected['processes']}")
    answers = ask(servers, domains, name or host.app.name, asking=not yes and sys.stdin.isatty())
    made = write(folder, inventory_text(answers, about), example_text(about), to_fill_in(about))
    lab = answers.servers[0].address == LAB
    reached = lab or try_logins(folder)
    say(
        "",
        "Next:" if reached else "Next, once each server lets you in:",
        f"  git add {' '.join(made)} && git commit -m 'Deploy with Slipway'",
    )
    say(*(["  fab lab.up"] if lab else []), "  fab provision", "  fab deploy")


def refuse_to_overwrite(folder: Path) -> None:
    from slipway.core.errors import UsageError
    from slipway.inventory.read_file import FILE_NAME

    if (folder / FILE_NAME).exists() or (folder / FILE_NAME).is_symlink():
        raise UsageError(
            f"{folder / FILE_NAME} is there already, and stays as it is",
            hint="`fab detect` says what it lacks. To begin anew, move it away.",
        )


def ask(servers: str, domains: str, name: str, asking: bool) -> Answers:
    """What the options say, and what the user answers for the rest.

    Raises:
        UsageError: an answer that cannot be, or no server where nobody can be asked.
    """
    from slipway.operations.first_inventory import Answers, check, server
    from slipway.output.ask_user import answer

    if asking:
        name = answer(f"The app's name on the servers? [{name}]") or name
        servers = servers or answer("Servers, as root@ADDRESS, by comma; lab for one on this machine? [lab]") or "lab"
        domains = domains or answer("Names of the site, by comma; none for the server's address? []")
    answers = Answers(name, tuple(server(one) for one in words(servers)), tuple(words(domains)))
    check(answers)
    return answers


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def write(folder: Path, inventory: str, example: str, fill: list[str]) -> list[str]:
    """Write the files, and say which; the one for secrets is for the user alone, and none is overwritten.

    Returns:
        Names of those that belong into the repository.
    """
    import os

    from slipway.inventory.read_file import FILE_NAME
    from slipway.operations.first_inventory import EXAMPLE, IGNORED, SECRETS

    (folder / FILE_NAME).write_text(inventory, encoding="utf-8")
    say(f"wrote {FILE_NAME}")
    made = [FILE_NAME]
    if example and not (folder / EXAMPLE).exists():
        (folder / EXAMPLE).write_text(example, encoding="utf-8")
        made.append(EXAMPLE)
        say(f"wrote {EXAMPLE}: all names that the code reads")
    ignore = folder / ".gitignore"
    there = ignore.read_text(encoding="utf-8") if ignore.is_file() else ""
    lacking = [line for line in IGNORED if line not in there.splitlines()]
    if lacking:
        gap = "\n" if there and not there.endswith("\n") else ""
        ignore.write_text(there + gap + "".join(f"{line}\n" for line in lacking), encoding="utf-8")
        made.append(".gitignore")
        say(f"wrote .gitignore: {', '.join(lacking)}")
    if fill and not (folder / SECRETS).exists():
        secret = os.open(folder / SECRETS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(secret, "w", encoding="utf-8") as file:
            file.write("".join(f"{name}=\n" for name in fill))
    if fill:
        say(f"fill in {SECRETS}: {', '.join(fill)}")
    return made


def try_logins(folder: Path) -> bool:
    """Say of each server whether the login for provision works; whether all do."""
    from slipway.core.errors import SlipwayError
    from slipway.fleet.ssh_connect import connect, disconnect
    from slipway.inventory import load

    reached = True
    for host in load(folder).hosts.values():
        try:
            disconnect(connect(host, host.admin))
            say(f"{host.name}: {host.admin}@{host.address} lets you in")
        except SlipwayError as error:
            say(error.message, *([f"  → {error.hint}"] if error.hint else []))
            reached = False
    return reached


def say(*lines: str) -> None:
    from slipway.core.printable import clean

    for line in lines:
        print(clean(line), flush=True)
