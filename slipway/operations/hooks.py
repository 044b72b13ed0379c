"""Puts the user's hooks (`[[app.hooks]]`) between the phases of a deploy, and lists those that follow it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from slipway.core.shell import sh
from slipway.inventory import Host
from slipway.inventory.hook import Hook
from slipway.model.local_command import LocalCommand
from slipway.model.step import Phase, Step, Target
from slipway.steps.common import as_app, passed_on

# By the phase that comes next (batches of a switch are called switch-1, switch-2 ...): the hooks that run before it.
BEFORE = MappingProxyType(
    {
        "prepare": ("before-deploy",),
        "migrate": ("before-migrate",),
        "boot": ("after-migrate", "before-boot"),
        "switch": ("after-boot", "before-switch"),
        "commit": ("after-switch",),
    }
)
ON_HOSTS = ("after-migrate", "before-boot", "after-boot", "before-switch", "after-switch", "before-migrate")


def with_hooks(targets: Sequence[Target], phases: Sequence[Phase]) -> tuple[Phase, ...]:
    """The phases of a deploy with a phase more for each hook: what it fails at reverts all hosts.

    Settings that change (`fab env.set`) make releases, too, and have the same hooks.
    """
    if not any(target.app.hooks for target in targets):
        return tuple(phases)
    made: list[Phase] = []
    waiting = dict.fromkeys(name for names in BEFORE.values() for name in names)
    for phase in phases:
        stage = "prepare" if phase.name == "venv" else phase.name.partition("-")[0]  # one host may build for all first
        due = [name for before, names in BEFORE.items() if _reached(before, stage) for name in names if name in waiting]
        for name in due:
            del waiting[name]
            made += _phases_of(targets, name)
        made.append(phase)
    return tuple(made)


def _reached(before: str, stage: str) -> bool:
    """Whether a phase comes no earlier than another: an app without migrations has no such phase."""
    order = [*BEFORE]
    return stage in order and order.index(before) <= order.index(stage)


def _phases_of(targets: Sequence[Target], at: str) -> Iterator[Phase]:
    for number, hook in enumerate(dict.fromkeys(hook for target in targets for hook in target.app.hooks), 1):
        if hook.at != at:
            continue
        places = [target for target in targets if hook in target.app.hooks]
        name, title = f"hook-{at}-{number}", f"Hook {at}: {hook.command}"
        if hook.on == "here":
            env = variables(at, [target.host for target in places], of_release(places[0]))
            yield Phase(name, title, {}, local=(LocalCommand(hook.command, env, places[0].host.folder, hook.timeout),))
        else:
            chosen = places[:1] if hook.on == "first-host" else places
            yield Phase(name, title, {target.host.name: (_step(target, hook, places),) for target in chosen})


def _step(target: Target, hook: Hook, places: Sequence[Target]) -> Step:
    """Run a hook as the app's user in the new release, whose environment it has."""
    given = variables(hook.at, [place.host for place in places], of_release(target))
    command = sh(
        "exec {{user}} {{launcher}} env {{given}} timeout {{seconds}} sh -c {{command}} 2>&1",
        user=as_app(target),
        launcher=target.paths.launcher,
        given=[f"{name}={value}" for name, value in given.items()],
        seconds=hook.timeout,
        command=hook.command,
    )
    return Step("hook", f"run the hook {hook.at}", passed_on(command))


def following(hosts: Sequence[Host], at: str, release: Mapping[str, str]) -> list[LocalCommand]:
    """The hooks that run on this machine when an operation is over: after-deploy, after-rollback, after-failure."""
    found = dict.fromkeys(hook for host in hosts for hook in host.app.hooks if hook.at == at)
    return [LocalCommand(hook.command, variables(at, hosts, release), hosts[0].folder, hook.timeout) for hook in found]


def variables(at: str, hosts: Sequence[Host], release: Mapping[str, str]) -> dict[str, str]:
    """What a hook finds in its environment; docs/hooks.md lists it."""
    first = hosts[0]
    return {
        "SLIPWAY_HOOK": at,
        "SLIPWAY_APP": first.app.name,
        "SLIPWAY_HOSTS": ",".join(host.name for host in hosts),
        "SLIPWAY_URL": first.url if first.app.web else "",
        "TEST_SERVER": first.url.split("://")[-1].strip("/") if first.app.web else "",
        **release,
    }


def of_release(target: Target) -> dict[str, str]:
    """The variables that tell of the release."""
    release = target.release
    return {
        "SLIPWAY_RELEASE": release.id,
        "SLIPWAY_COMMIT": release.commit,
        "SLIPWAY_REF": release.ref,
        "SLIPWAY_WHO": release.who,
    }
