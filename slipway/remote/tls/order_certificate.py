"""Order the certificate of an app where one is missing, without ever asking in vain for what cannot be.

Whether a domain can be proved is found out by ourselves first, which costs nothing at the issuer. An attempt that it
refuses all the same is remembered, and the pauses grow: Let's Encrypt allows five failures an hour.
"""

from __future__ import annotations

import json
import os
import time

from slipway.remote.tls.check_challenge import unreachable, write_probe
from slipway.remote.tls.install_certificate import file_bytes, install_certificate
from slipway.remote.tls.read_certificate import Certificate, read_certificate
from slipway.remote.tls.run_certbot import certbot_words, gather_cas, lineage_folder, ordered_from, run_certbot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Seconds after the first, second ... attempt in vain.
PAUSES = (900, 3600, 4 * 3600, 12 * 3600, 24 * 3600)


URGENT = 10.0  # days that are left: what can still be proved gets a certificate, though another domain loses its own


class Order:
    """What became of an order.

    Attributes:
        ordered: the domains of a certificate that is new; none: nothing was ordered.
        trouble: why domains have no certificate, in one line; "" if all have one.
    """

    def __init__(self, ordered: list[str], trouble: str) -> None:
        self.ordered = ordered
        self.trouble = trouble


def order_certificate(root: str, wanted: dict[str, Any], outside: list[str], forced: bool = False) -> Order:
    """Order what is missing, and install what certbot has.

    Args:
        root: where the files of all apps lie. wanted: see `slipway.provision.certificate_for_nginx`.
        outside: domains at which the operator's machine has found the probe of this host.
        forced: order anew whatever is there, but for a pause that has not ended.
    """
    folder = wanted["folder"]
    have = read_certificate(os.path.join(lineage_folder(wanted["app"]), "fullchain.pem"))
    forced = forced or bool(have and ordered_from(wanted["app"]) != wanted["directory"])
    if have and not forced and have.days > 0 and set(have.names) == set(wanted["domains"]):
        install_ordered(wanted)
        remember(folder, {**remembered(folder), "waiting": ""})
        return Order([], "")
    outside = sorted({*outside, *remembered(folder).get("outside", [])} & set(wanted["domains"]))
    troubles = troubles_of(wanted, outside)
    target = [domain for domain in wanted["domains"] if domain not in troubles]
    told = "; ".join(dict.fromkeys(troubles.values()))
    remember(folder, {**remembered(folder), "outside": outside, "waiting": told})
    if not worth_ordering(have, target, wanted["domains"], forced):
        if have:
            install_ordered(wanted)
        return Order([], told)
    return attempt_order(root, wanted, target, forced, told)


def worth_ordering(have: Certificate | None, target: list[str], domains: list[str], forced: bool) -> bool:
    """Whether a certificate for the domains that can be proved now is better than the one that is there."""
    if not target:
        return False
    if have is None or have.days <= 0:
        return True
    if have.days < URGENT and set(target) != set(have.names):
        return True
    lost = {name for name in have.names if name in domains} - set(target)
    return not lost and (forced or set(target) != set(have.names))


def troubles_of(wanted: dict[str, Any], outside: list[str]) -> dict[str, str]:
    """Why domains cannot be proved now; where the operator's machine found the probe, our own view says nothing."""
    if wanted["dns_hook"] or wanted["dns_plugin"]:
        return {}
    probe = write_probe(wanted["webroot"], wanted["app"])
    return unreachable([domain for domain in wanted["domains"] if domain not in outside], probe)


def attempt_order(root: str, wanted: dict[str, Any], target: list[str], forced: bool, told: str) -> Order:
    """Ask the issuer, unless a pause has not ended yet."""
    folder = wanted["folder"]
    state = remembered(folder)
    if state.get("next", 0) > time.time():
        return Order(
            [], f"{state['why']} (tried {clock(state['tried'])}; the next attempt is due {clock(state['next'])})"
        )
    why, earliest = run_certbot(certbot_words(wanted, target, forced), gather_cas(root))
    if why:
        failures = state.get("failures", 0) + 1
        due = max(time.time() + PAUSES[min(failures, len(PAUSES)) - 1], earliest)
        attempt = {"failures": failures, "tried": time.time(), "next": due, "why": why}
        remember(folder, {**state, **attempt, "waiting": why})
        return Order([], f"{why} (the next attempt is due {clock(due)})")
    install_ordered(wanted)
    remember(folder, {"outside": state.get("outside", []), "waiting": told})
    return Order(target, told)


def install_ordered(wanted: dict[str, Any]) -> bool:
    """Have nginx serve what certbot has; returns whether that changed anything.

    Raises:
        Failed: see `install_certificate`.
    """
    live = lineage_folder(wanted["app"])
    pair = [file_bytes(os.path.join(live, name)) for name in ("fullchain.pem", "privkey.pem")]
    if pair[0] is None or pair[1] is None:
        return False
    return install_certificate(wanted["folder"], pair[0], pair[1], wanted["domains"], certified=True)


def remembered(folder: str) -> dict[str, Any]:
    """What was written of earlier attempts; the folder is root's alone."""
    try:
        with open(os.path.join(folder, "state.json"), encoding="utf-8") as file:
            return dict(json.load(file))
    except (OSError, ValueError):
        return {}


def remember(folder: str, state: dict[str, Any]) -> None:
    """Write what later attempts have to know; `fab status` reads it, too."""
    path = os.path.join(folder, "state.json")
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump(state, file, sort_keys=True)
    os.rename(f"{path}.new", path)


def clock(epoch: float) -> str:
    """A time in words."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(epoch))
