"""Stops a deploy of an app that cannot start, since variables that its source demands are set nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slipway.core.errors import SlipwayError
from slipway.detect.env_proposals import line, proposal
from slipway.detect.env_reads import Variable
from slipway.env.dotenv import Secret
from slipway.env.sources import Wanted
from slipway.model.step import Facts, Target
from slipway.model.stored_overrides import Overrides, environment

RISK = "missing-env"
_CHOICE = "DJANGO_SETTINGS_MODULE"


def demand_what_is_read(
    targets: Sequence[Target],
    wanted: Mapping[str, Wanted],
    overrides: Mapping[str, Overrides],
    facts: Mapping[str, Facts],
) -> None:
    """Require a value for all variables that the source surely reads when the app starts.

    Raises:
        SlipwayError: some have none; all of them are listed, with where they are read and what to write.
    """
    lacking: dict[str, Variable] = {}
    for target in targets:
        name = target.host.name
        same = facts.get(name, {}).get("same") == "yes"
        if not same and RISK not in target.app.allow:
            given = environment(wanted[name], overrides[name])
            lacking |= {variable.name: variable for variable in missing(target, given)}
    if lacking:
        raise SlipwayError(told(list(lacking.values())), hint=advice(list(lacking.values())))


def demand_services(wanted: Mapping[str, Wanted], overrides: Mapping[str, Overrides]) -> None:
    """Require that `fab provision` has made all services, or that their URLs are known.

    Raises:
        SlipwayError: some are not; all of them are listed.
    """
    lacking: dict[str, list[str]] = {}
    for host, mine in wanted.items():
        for one in mine.services:
            if one.given is None and one.service not in overrides[host].services:
                lacking.setdefault(one.service, []).append(host)
    if lacking:
        listed = "; ".join(f"{service} for {', '.join(hosts)}" for service, hosts in lacking.items())
        hosts = ",".join(dict.fromkeys(host for each in lacking.values() for host in each))
        raise SlipwayError(
            f"services of the inventory that have not been made yet: {listed}",
            hint=f"Run `fab provision --hosts={hosts}` first. Nothing was changed.",
        )


def missing(target: Target, given: Mapping[str, Secret]) -> list[Variable]:
    """The variables that are read and not set, unless the environment chooses other settings than were looked at."""
    chosen = given.get(_CHOICE)
    if chosen and chosen.reveal() != target.detected.settings:
        return []
    return [variable for variable in target.detected.required if variable.name not in given]


def told(lacking: Sequence[Variable]) -> str:
    """What is wrong, in one line."""
    names = ", ".join(
        f"{one.name} ({one.where}{', where everybody can read it' if one.default else ''})" for one in lacking
    )
    return f"the app cannot start without variables of the environment that nobody has set: {names}"


def advice(lacking: Sequence[Variable]) -> str:
    """What to do: the lines of the inventory, each with a form that fits its name."""
    width = max(len(line(variable, proposal(variable))) for variable in lacking)
    lines = []
    for variable in lacking:
        given = proposal(variable)
        comment = given.comment or ("" if given.whole else "fill in, or `fab env.set`")
        lines.append(f"      {line(variable, given):{width}}  {f'# {comment}' if comment else ''}".rstrip())
    head = "Nothing was changed. Set them in inventory.toml, or by `fab env.set NAME`:"
    return "\n".join([head, "      [env]", *lines, "    `fab detect` lists all that the app reads."])
