"""Decides which of Fabric's own options work, and says what to use instead of those that Slipway refuses."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from slipway.core.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from invoke.parser.argument import Argument

# They do what their help says, for each task.
WORKS = frozenset(
    {
        "collection",
        "complete",
        "config",
        "debug",
        "dry",  # see `slipway.cli.executor`: each task honours it or is refused
        "help",
        "hosts",
        "identity",
        "list",
        "list-agent-keys",
        "list-depth",
        "list-format",
        "no-dedupe",
        "print-completion-script",
        "search-root",
        "ssh-config",
        "version",
        "write-pyc",
    }
)
_AGENT = "Add the key to an SSH agent first (ssh-add), or name one without a passphrase with --identity."
# Options that would have no effect, and what to use instead.
INSTEAD = MappingProxyType(
    {
        "command-timeout": "`fab run` and `fab exec` have --timeout, such as --timeout=10m.",
        "connect-timeout": "Slipway waits 10 seconds for each host; --skip-unreachable deploys without it.",
        "echo": "--verbose shows each step and all output; --dry shows the scripts and contacts nobody.",
        "hide": "Send the output elsewhere: > /dev/null",
        "prompt-for-login-password": "Slipway logs in with keys: `ssh-copy-id` brings yours to a host.",
        "prompt-for-passphrase": _AGENT,
        "prompt-for-sudo-password": "`fab provision` needs an admin who is root or may use sudo without a password.",
        "pty": "`fab shell`, `fab console` and `fab ssh` give you a terminal.",
        "warn-only": "A deploy that fails puts every host back; `fab exec` runs on all hosts and shows each exit code.",
    }
)
# They say which hosts, and how to log in to them.
OF_HOSTS = ("hosts", "identity", "ssh-config")
_LISTING = ("list-depth", "list-format")


def refuse_without_effect(options: Mapping[str, Argument], listing: bool) -> None:
    """Refuse options that would do nothing.

    Args:
        options: all core options by their names, as parsed. listing: whether `--list` was given.

    Raises:
        UsageError: with what to use instead.
    """
    for option in dict.fromkeys(options.values()):
        name = option.names[0] if len(option.names[0]) > 1 else option.names[-1]
        if not is_given(option):
            continue
        if name not in WORKS:
            hint = INSTEAD.get(name, f"`fab --help` shows what there is; leave --{name} out.")
            raise UsageError(f"--{name} has no effect in Slipway", hint=hint)
        if name in _LISTING and not listing:
            raise UsageError(f"--{name} belongs to --list", hint="Leave it out.")


def is_given(option: Argument) -> bool:
    """Whether an option stands on the command line."""
    return bool(option.got_value) and option.value != option.default


def login_options(options: Mapping[str, Argument]) -> dict[str, Any]:
    """`identity` and `ssh_config` as the command line has them; None where it does not.

    Raises:
        UsageError: several keys, or a file that cannot be read.
    """
    keys = list(options["identity"].value or ())
    if len(keys) > 1:
        raise UsageError(f"--identity names {len(keys)} keys", hint="Slipway logs in with one: name one of them.")
    identity = _readable("--identity", keys[0]) if keys else None
    config = options["ssh-config"].value
    return {"identity": identity, "ssh_config": None if config is None else _readable("--ssh-config", str(config))}


def _readable(option: str, name: str) -> Path:
    import os
    from pathlib import Path

    path = Path(name).expanduser().absolute()
    if not path.is_file() or not os.access(path, os.R_OK):
        raise UsageError(f"{option}: {name} is not a file that can be read", hint="Name a file that you may read.")
    return path
