"""Bring a release to the hosts: provision, deploy, status."""

from __future__ import annotations

from invoke import Context, task

from .common import about, carry_out, selected, sites, templates_of


@task(
    help={
        "ref": "Branch, tag or commit to deploy (default: what is checked out).",
        "dirty": "Ship uncommitted work too; the release is marked.",
        "dry": "Print the plan and every script, and contact nobody.",
        "force": "Redo what is provably unchanged: venv, static files, migrations, checks.",
        "verbose": "Show each step and all output.",
    },
    auto_shortflags=False,
)
def deploy(
    c: Context,
    ref: str = "HEAD",
    dirty: bool = False,
    dry: bool = False,
    force: bool = False,
    verbose: bool = False,
) -> None:
    """Bring a commit to all selected hosts, or to none.

    Example: fab deploy --hosts=prod --ref=v1.4
    """
    from slipway import plan
    from slipway.target import targets

    inventory, hosts = selected(c)
    made = targets(hosts, templates=templates_of(inventory), ref=ref, dirty=dirty, force=force)
    deployment = plan.deploy(made)
    if dry:
        from slipway.output.dry import show

        show(about(deployment, hosts, made), verbose=verbose)
        return
    carry_out(deployment, hosts, made, verbose=verbose)


@task(
    help={
        "dry": "Print the plan and every script, and contact nobody.",
        "verbose": "Show each step and all output.",
    },
    auto_shortflags=False,
)
def provision(c: Context, dry: bool = False, verbose: bool = False) -> None:
    """Make hosts ready for deploys, as their admin; a second run changes nothing.

    Example: fab provision --hosts=prod
    """
    from slipway import plan

    inventory, hosts = selected(c)
    made = plan.provision(sites(inventory, hosts))
    if dry:
        from slipway.output.dry import show

        show(about(made, hosts), verbose=verbose)
        return
    carry_out(made, hosts, root=True, verbose=verbose)
