"""Tasks for the app's environment: env, env.set, env.unset, env.reset, env.diff."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from invoke import Collection, Context, Exit, task

from .common import selected
from .deploy_changed_settings import VERBOSE, WAIT, change
from .status_and_history import AS_JSON, ask, complain, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Collection as Collection_

    from slipway.env.sources import Wanted
    from slipway.inventory import Host
    from slipway.operations.current_settings import CurrentSettings
    from slipway.operations.words_to_overrides import Change


@task(
    name="list",
    default=True,
    help={"json": AS_JSON, "reveal": "Print the value of this one name, and nothing else."},
    auto_shortflags=False,
)
def listing(c: Context, json: bool = False, reveal: str = "") -> None:
    """List the environment of the current release: names, where each comes from, who set it; values stay hidden.

    Examples: fab env --hosts=prod    fab env --reveal=DATABASE_URL --hosts=web1
    """
    from slipway.operations import read_and_store_settings
    from slipway.operations.compare_env import variables
    from slipway.operations.current_settings import current_settings
    from slipway.output.env import variables_table

    if reveal:
        named([reveal])
    _, hosts = selected(c)
    outcome = ask(read_and_store_settings.read(hosts), hosts)
    found = current_settings(outcome)
    if reveal:
        complain(outcome)
        reveal_value(reveal, found)
        return
    told = {host.name: variables(found[host.name], host.sources, host.required) for host in hosts if host.name in found}
    show({"hosts": told}, lambda **look: variables_table(told, **look), json)
    complain(outcome)


def reveal_value(name: str, found: dict[str, CurrentSettings]) -> None:
    """Print one value as it is; a line end follows only where a person reads it.

    Raises:
        SlipwayError: no host has it, or the hosts have different ones.
    """
    from slipway.core.errors import SlipwayError

    having = {host: one.environment[name] for host, one in found.items() if name in one.environment}
    if not having:
        raise SlipwayError(f"{name} is not in the environment of what runs", hint="`fab env` lists the names.")
    if len(set(having.values())) > 1:
        raise SlipwayError(f"{name} differs between {', '.join(having)}", hint="Name one of them with --hosts.")
    value = next(iter(having.values())).reveal()
    sys.stdout.write(value + ("\n" if sys.stdout.isatty() else ""))


@task(
    name="set",
    iterable=["set"],
    help={
        "set": "NAME=value, NAME=- (from standard input) or NAME (asks, without an echo); --set can be left out.",
        "from": "A dotenv file with names and values.",
        "stdin": "Read dotenv text from standard input.",
        "generate": "Make a strong value for each bare NAME, instead of asking.",
        "wait": WAIT,
        "verbose": VERBOSE,
    },
    auto_shortflags=False,
)
def set_(
    c: Context,
    set: Any = None,
    from_: str = "",
    stdin: bool = False,
    generate: bool = False,
    wait: bool = False,
    verbose: bool = False,
) -> None:
    """Set environment variables: this deploys the same commit with the new values.

    NAME=value can be seen in this machine's process list; values given in the other ways cannot.

    Examples: fab env.set DEBUG=0 --hosts=prod    pass show db | fab env.set DB=-    fab env.set --from=new.env
    """
    from slipway.model.hosts_to_targets import who
    from slipway.operations.words_to_overrides import given, set_all

    values = given(
        set or [],
        file=from_,
        stdin=sys.stdin.buffer.read,
        all_of_stdin=stdin,
        ask=asked() if not generate else None,
        generate=generate,
    )

    def choose(host: Host, served: CurrentSettings, wanted: Wanted) -> Change:
        return set_all(values, who(), frozenset(values) & frozenset(wanted.generate))

    change(c, "env.set", ", ".join(values), choose, wait=wait, verbose=verbose)


def asked() -> Callable[[str], str] | None:
    """Asks for a value without showing what is typed; None if nobody is at a terminal."""
    from getpass import getpass

    return (lambda name: getpass(f"{name}: ")) if sys.stdin.isatty() else None


@task(
    iterable=["name"],
    help={"name": "NAME; --name can be left out.", "wait": WAIT, "verbose": VERBOSE},
    auto_shortflags=False,
)
def unset(c: Context, name: Any = None, wait: bool = False, verbose: bool = False) -> None:
    """Remove environment variables, even those of the inventory: this deploys the same commit without them.

    Example: fab env.unset DEBUG --hosts=prod
    """
    from slipway.model.hosts_to_targets import who
    from slipway.operations.words_to_overrides import unset_all

    names = named(name)

    def choose(host: Host, served: CurrentSettings, wanted: Wanted) -> Change:
        known(names, {*wanted.origins, *served.environment, *served.overrides.env})
        return unset_all(names, who(), frozenset(wanted.origins))

    change(c, "env.unset", ", ".join(names), choose, wait=wait, verbose=verbose)


@task(
    iterable=["name"],
    help={"name": "NAME; --name can be left out.", "wait": WAIT, "verbose": VERBOSE},
    auto_shortflags=False,
)
def reset(c: Context, name: Any = None, wait: bool = False, verbose: bool = False) -> None:
    """Undo env.set and env.unset: the variables get the values of the inventory again.

    Example: fab env.reset DEBUG --hosts=prod
    """
    from slipway.operations.words_to_overrides import reset_all

    names = named(name)
    change(c, "env.reset", ", ".join(names), lambda *_: reset_all(names), wait=wait, verbose=verbose)


def named(names: Iterable[str] | None) -> list[str]:
    """The names that were given, each once. Raises UsageError: none was, or one that can be no name."""
    from slipway.core.errors import UsageError
    from slipway.env.dotenv import check_name, repeatable

    given = list(dict.fromkeys(names or ()))
    if not given:
        raise UsageError("which names? none was given", hint="`fab env` lists them.")
    for number, word in enumerate(given, 1):
        name, equals, _ = word.partition("=")
        if problem := check_name(name):
            raise UsageError(f"{repeatable(name, f'word {number}')} {problem}", hint="`fab env` lists the names.")
        if equals:
            raise UsageError(f"{name}: a name is needed here, and no value", hint=f"Write {name} alone.")
    return given


def known(names: Iterable[str], there: Collection_[str]) -> None:
    """Raises SlipwayError: a name that is nowhere, mistyped perhaps."""
    from slipway.core.errors import SlipwayError

    wrong = [name for name in names if name not in there]
    if wrong:
        raise SlipwayError(f"not in the environment: {', '.join(wrong)}", hint="`fab env` lists the names.")


@task(help={"json": AS_JSON}, auto_shortflags=False)
def diff(c: Context, json: bool = False) -> None:
    """Compare the environment of the current release with the next deploy, and the hosts with one another: by name.

    Exit code 1 if anything differs.

    Example: fab env.diff --hosts=prod
    """
    from datetime import datetime, timezone

    from slipway.model.hosts_to_targets import environments_of
    from slipway.operations import read_and_store_settings
    from slipway.operations.compare_env import differences
    from slipway.operations.current_settings import current_settings
    from slipway.operations.prepare_deployment import taken_over
    from slipway.output.env import differences_table

    _, hosts = selected(c)
    wanted = environments_of(hosts)
    outcome = ask(read_and_store_settings.read(hosts), hosts)
    found = current_settings(outcome)
    hosts = [host for host in hosts if host.name in found]
    overrides = {name: one.overrides for name, one in found.items()}
    then, _ = taken_over(hosts, overrides, wanted, datetime.now(timezone.utc))
    rows = differences(hosts, found, wanted, then)
    names = [host.name for host in hosts]
    if json or hosts:
        show({"differences": rows}, lambda **look: differences_table(rows, names, **look), json)
    tell_other_code(hosts, found)
    complain(outcome)
    if rows:
        raise Exit(code=1)


def tell_other_code(hosts: list[Host], found: dict[str, CurrentSettings]) -> None:
    """Say where a deploy would bring another commit, too: this task compares the environment alone."""
    from slipway.operations.compare_env import other_commits

    for told in other_commits(hosts, found):
        print(f"the code differs: {told}", file=sys.stderr)


ns = Collection("env", listing, set_, unset, reset, diff)
