"""Asks from the operator's machine for a file of the host, as whoever signs certificates does."""

from __future__ import annotations

from collections.abc import Sequence


def reached_from_here(domains: Sequence[str], probe: str) -> list[str]:
    """The domains at which the file is found, by plain HTTP, each at the same time.

    Args:
        probe: the file's name, which is also its content; "" where the host has none.
    """
    from concurrent.futures import ThreadPoolExecutor

    from slipway.remote.tls.check_challenge import PROBE, trouble

    asked = [domain for domain in domains if not domain.startswith("*")]
    if not probe.startswith(PROBE) or not asked:
        return []
    with ThreadPoolExecutor(min(len(asked), 8)) as pool:
        found = pool.map(lambda domain: trouble(domain, probe), asked)
        return [domain for domain, why in zip(asked, found, strict=True) if not why]
