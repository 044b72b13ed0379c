"""The demo: makes a lab, deploys the example app to it, and shows its page."""

from __future__ import annotations

from invoke import Context, task

from slipway.cli.executor import LocalTask

from .common import carry_out, sites, templates_of


@task(
    help={
        "engine": "What the lab's hosts run on: podman, docker or local (default: the first that works here).",
        "install": "As root on Debian or Ubuntu, install what the lab needs (--no-install: do not).",
        "verbose": "Show each step and all output.",
    },
    klass=LocalTask,
    auto_shortflags=False,
)
def demo(c: Context, engine: str = "", install: bool = True, verbose: bool = False) -> None:
    """Make a lab of two hosts, deploy the example app to it, and show its pages.

    Example: ./fab demo
    """
    from slipway import lab
    from slipway.core.errors import UsageError
    from slipway.inventory import load
    from slipway.model.hosts_to_targets import sources_of, targets
    from slipway.operations import plans

    inventory = load()
    if not inventory.lab or "lab" not in inventory.names:
        raise UsageError(
            f"fab demo shows the example of Slipway's own repository, and {inventory.path} has no group `lab`",
            hint="Run ./fab demo in a clone of Slipway. For your own app: fab provision, then fab deploy.",
        )
    say("1/4  Make two hosts on this machine (fab lab.up)")
    lab.up(inventory.folder / ".lab", names=list(inventory.lab), engine=engine or None, install=install, say=say)
    inventory = load()
    hosts = inventory.select("lab")
    say("2/4  Make them ready for deploys (fab provision)")
    carry_out(plans.provision(sites(inventory, hosts)), hosts, root=True, verbose=verbose)
    say("3/4  Deploy the example app (fab deploy)")
    made = targets(hosts, sources_of(hosts, dirty=True), templates=templates_of(inventory))
    carry_out(plans.deploy(made), hosts, made, verbose=verbose)
    say("4/4  Ask for the page, as a visitor does")
    for host in hosts:
        say(f"     {host.url}  {title(host.url)}")
    say(WHAT_NEXT)


WHAT_NEXT = """
It runs. What to type next:
     ./fab status                 how the app is on each host
     ./fab deploy --dry           what a deploy would do, script by script
     ./fab deploy                 change examples/hello, commit, and deploy again
     ./fab lab.down               remove every trace of the lab
"""


def say(line: str) -> None:
    print(line, flush=True)


def title(url: str) -> str:
    """The status and the title of a page.

    Raises:
        SlipwayError: it does not answer 200.
    """
    import re
    from urllib.error import URLError
    from urllib.request import ProxyHandler, build_opener

    from slipway.core.errors import SlipwayError

    try:
        # Without a proxy: the lab is on this machine.
        with build_opener(ProxyHandler({})).open(url, timeout=10) as answer:
            page = answer.read().decode("utf-8", "replace")
            return f"{answer.status} {''.join(re.findall(r'<title>([^<]*)', page)).strip()}"
    except URLError as error:
        raise SlipwayError(f"{url} does not answer: {error}", hint="See `./fab status`.") from error
