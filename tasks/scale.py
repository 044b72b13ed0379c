"""The task that changes how many of each process run: scale."""

from __future__ import annotations

from invoke import Context, task

from .common import selected_with_processes
from .deploy_changed_settings import VERBOSE, WAIT, change
from .status_and_history import AS_JSON, ask, complain, show


@task(
    help={
        "process": "The process, as the inventory has it; web is the web server.",
        "count": "How many on each host; for web: gunicorn's workers. 0 switches a worker off.",
        "reset": "Use the counts of the inventory again, for --process or for all.",
        "json": AS_JSON,
        "wait": WAIT,
        "verbose": VERBOSE,
    },
    auto_shortflags=False,
)
def scale(
    c: Context,
    process: str = "",
    count: int = -1,
    reset: bool = False,
    json: bool = False,
    wait: bool = False,
    verbose: bool = False,
) -> None:
    """Change how many of a process run on each host; without arguments, show how many run.

    This deploys the same commit with the new counts. Later deploys keep them; a rollback restores its own counts.

    Examples: fab scale --process=web --count=4 --hosts=prod    fab scale --process=mails --count=0    fab scale --reset
    """
    from slipway.core.errors import UsageError
    from slipway.model.hosts_to_targets import who
    from slipway.model.scale import check_scales, counts
    from slipway.operations.words_to_overrides import scale_back, scale_to

    if not process and count < 0 and not reset:
        show_scale(c, json)
        return
    if reset == (count >= 0) or (count >= 0 and not process):
        raise UsageError("say --process=NAME --count=N, or --reset", hint="`fab scale` alone shows what there is.")
    _, hosts = selected_with_processes(c)
    check_scales([host.app for host in hosts], process, max(count, 0) if not reset else None)
    if reset:
        names = [process] if process else sorted({name for host in hosts for name in counts(host.app)})
        told = f"{process or 'all'} as in the inventory"
        change(c, "scale", told, lambda *_: scale_back(names), wait=wait, verbose=verbose)
        return
    change(c, "scale", f"{process}={count}", lambda *_: scale_to({process: count}, who()), wait=wait, verbose=verbose)


def show_scale(c: Context, json: bool) -> None:
    """Show how many of each process run on each host, and what the inventory says."""
    from slipway.model.scale import counts, scale_of, scaled
    from slipway.operations import read_and_store_settings
    from slipway.operations.current_settings import current_settings
    from slipway.output.env import scale_table

    _, hosts = selected_with_processes(c)
    outcome = ask(read_and_store_settings.read(hosts), hosts)
    found = {}
    for host in hosts:
        one = current_settings(outcome).get(host.name)
        if one:
            kept = scale_of(one.release)
            now, usual = counts(scaled(host.app, kept)), counts(host.app)
            found[host.name] = {name: (now[name], usual[name], kept.get(name)) for name in now}
    if json:
        rows = {
            host: [
                {
                    "process": name,
                    "count": now,
                    "inventory": usual,
                    "who": kept and kept.who,
                    "when": kept and kept.when,
                }
                for name, (now, usual, kept) in each.items()
            ]
            for host, each in found.items()
        }
        show({"hosts": rows}, lambda **look: [], True)
    else:
        show({"hosts": found}, lambda **look: scale_table(found, **look), False)
    complain(outcome)
