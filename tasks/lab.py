"""Tasks for the local lab: lab.up, lab.status, lab.down."""

from __future__ import annotations

from invoke import Collection, Context, task

from slipway.cli.executor import LocalTask


@task(
    help={
        "count": "How many hosts (default: those that the inventory names).",
        "engine": "podman, docker or local (default: the first that works here).",
        "release": "Debian release of the hosts: 12 or 13.",
        "install": "Install what is missing with apt (as root on Debian or Ubuntu).",
        "dry": "Say which hosts it would make, and make none.",
    },
    klass=LocalTask,
    auto_shortflags=False,
)
def up(
    c: Context, count: int = -1, engine: str = "", release: str = "12", install: bool = False, dry: bool = False
) -> None:
    """Make real hosts on this machine to deploy to; hosts that are up already stay as they are."""
    from slipway import lab
    from slipway.core.errors import UsageError
    from slipway.inventory import load

    inventory = load()
    names = list(inventory.lab)
    if count == 0:
        raise UsageError("--count=0 makes no hosts", hint="`fab lab.down` removes them.")
    if count > 0:
        names = names[:count] + [f"lab{number}" for number in range(len(names) + 1, count + 1)]
    folder = inventory.folder / ".lab"
    if dry:
        _tell_what_would_be_made(names, list(lab.load_state(folder)))
        return
    hosts = lab.up(folder, engine=engine or None, install=install, say=_say, release=release, names=names)
    for host in hosts:
        _say(f"{host.name} is up: {host.address} port {host.port}, {host.engine}")
    unknown = [name for name in names if name not in inventory.hosts]
    if unknown:
        _say(f"not in the inventory: {', '.join(unknown)} (to use them, add them to the hosts of the group lab)")


def _tell_what_would_be_made(names: list[str], there: list[str]) -> None:
    new = [name for name in names if name not in there]
    _say(f"would make {', '.join(new) or 'no host'}; nothing was done")
    kept = [name for name in names if name in there]
    if kept:
        _say(f"would start what does not run of {', '.join(kept)}")


@task(
    help={
        "keep_image": "Keep the image, so that the next `fab lab.up` takes seconds.",
        "dry": "Say what it would remove, and remove nothing.",
    },
    klass=LocalTask,
    auto_shortflags=False,
)
def down(c: Context, keep_image: bool = False, dry: bool = False) -> None:
    """Remove every trace of the lab from this machine."""
    from slipway import lab
    from slipway.inventory import load

    folder = load().folder / ".lab"
    if dry:
        hosts = ", ".join(lab.load_state(folder)) or "no host"
        image = "" if keep_image else ", and their image unless another lab uses it"
        _say(f"would remove {hosts} with all that is on them, the folder {folder}{image}; nothing was done")
        return
    lab.down(folder, keep_image, _say)
    _say("the lab is gone")


@task(klass=LocalTask, auto_shortflags=False)
def status(c: Context) -> None:
    """Show the lab's hosts, and whether they run."""
    from slipway import lab
    from slipway.inventory import load

    rows = lab.status(load().folder / ".lab")
    for host, state in rows:
        _say(f"{host.name:<8} {state:<10} {host.engine:<7} ssh {host.address}:{host.port}  {host.url}")
    if not rows:
        _say("there is no lab; `fab lab.up` makes one")


def _say(line: str) -> None:
    print(line, flush=True)


ns = Collection(up, down, status)
