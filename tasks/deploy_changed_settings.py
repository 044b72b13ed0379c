"""No task: deploys the same commit with other settings, which env.set, env.unset, env.reset and scale share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

from invoke import Context

from .common import about, conclude, connected, release, selected, templates_of

if TYPE_CHECKING:
    from slipway.env.sources import Wanted
    from slipway.inventory import Host, Inventory
    from slipway.model.outcome import Outcome
    from slipway.model.step import Plan, Target
    from slipway.model.stored_overrides import Overrides
    from slipway.operations.current_settings import CurrentSettings

WAIT = "Wait for another operation to end, instead of giving up."
VERBOSE = "Show each step and all output."
# From the host, what runs on it, and what this machine gives it, to the change of what is kept there.
Choose = Callable[["Host", "CurrentSettings", "Wanted"], Callable[["Overrides", str], "Overrides"]]


def change(c: Context, operation: str, message: str, choose: Choose, *, wait: bool, verbose: bool) -> None:
    """Make a new release of the commit that runs, with changed settings, by all the rules of a deploy."""
    from slipway.fleet.agent_options import deploying
    from slipway.operations import read_and_store_settings

    inventory, hosts = selected(c)
    looking = read_and_store_settings.read(hosts, together=True)
    changing = Changing(inventory, hosts, operation, message, choose)
    with connected(hosts, deploying(operation), verbose=verbose, wait=wait) as fleet:
        found = fleet.run(looking)
        if not found.ok:
            conclude(found, about(looking, hosts), verbose=verbose)
        made, parts = changing.plan(found)
        if made:
            outcome, made, parts = release(fleet, made, parts, partial(changing.plan, found))
    if not made:
        print(f"{operation}: nothing to do, all of it is so already on {', '.join(host.name for host in hosts)}")
        return
    changing.report(outcome)
    conclude(outcome.after(found), about(made, hosts, parts), verbose=verbose)
    if not parts:
        print("nothing has been deployed there yet: the first `fab deploy` takes it over")


class Changing:
    """One change of settings, from what runs to the plan of a new release."""

    def __init__(self, inventory: Inventory, hosts: list[Host], operation: str, message: str, choose: Choose) -> None:
        from slipway.model.hosts_to_targets import environments_of

        self.inventory, self.hosts, self.operation, self.message = inventory, hosts, operation, message
        self.choose = choose
        self.wanted = environments_of(hosts)
        self.notes: dict[str, list[str]] = {}

    def plan(self, outcome: Outcome) -> tuple[Plan | None, Sequence[Target]]:
        """The plan, and what it is made from: no targets where there is no release yet; no plan if nothing changes.

        Raises:
            SlipwayError: the hosts run different commits, or the repository here does not have theirs.
        """
        from slipway.model.hosts_to_targets import who, with_overrides
        from slipway.operations import read_and_store_settings
        from slipway.operations.current_settings import current_settings, deployed, sources_of_running
        from slipway.operations.prepare_deployment import Deployment, demand, taken_over
        from slipway.operations.words_to_overrides import same

        found = current_settings(outcome)
        now = datetime.now(timezone.utc)
        before = {name: one.overrides for name, one in found.items()}
        base, self.notes = taken_over(self.hosts, before, self.wanted, now)
        overrides = {
            host.name: base[host.name].changed(now, self.choose(host, found[host.name], self.wanted[host.name]))
            for host in self.hosts
        }
        if all(same(overrides[name], before[name]) for name in overrides):
            return None, []
        if not deployed(self.hosts, found):
            when = now.isoformat(timespec="seconds")
            told = {"operation": self.operation, "message": self.message, "who": who(), "when": when}
            return read_and_store_settings.keep_first(
                {host: overrides[host.name].render() for host in self.hosts}, told
            ), []
        demand(self.wanted, overrides, before=base)
        self._tell_missing(overrides)
        self._tell_more(found, base)
        going = Deployment(
            self.hosts, sources_of_running(self.hosts, found), self.wanted, templates=templates_of(self.inventory),
            again=True, operation=self.operation, message=self.message, now=now,
        )  # fmt: skip
        parts = with_overrides(going.targets(), self.wanted, overrides)
        return going.plan(parts), parts

    def report(self, outcome: Outcome) -> None:
        """Add to an outcome what else changed, or was taken over."""
        for name, notes in self.notes.items():
            outcome.hosts[name].notes += notes

    def _tell_missing(self, kept: dict[str, Overrides]) -> None:
        """Which names still lack a value, which the next deploy demands."""
        from slipway.model.stored_overrides import environment, missing

        for host in self.hosts:
            wanted = self.wanted[host.name]
            if lacking := missing(wanted, environment(wanted, kept[host.name])):
                told = f"still required, and without a value: {', '.join(lacking)}; the next deploy needs them"
                self.notes.setdefault(host.name, []).append(told)

    def _tell_more(self, found: dict[str, CurrentSettings], base: dict[str, Overrides]) -> None:
        """What else the new release brings, since the inventory has changed after the last deploy."""
        from slipway.inventory.warning_names import named
        from slipway.model.stored_overrides import environment
        from slipway.operations.compare_env import changed

        for host in self.hosts:
            then = environment(self.wanted[host.name], base[host.name])
            more = changed(found[host.name].environment, then)
            if more:
                told = ", ".join(f"{name} ({how})" for name, how in sorted(more.items()))
                text = named("inventory-changed", f"the inventory has changed since the last deploy: {told}")
                self.notes.setdefault(host.name, []).append(text)
