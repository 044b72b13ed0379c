"""Defines LazySteps: the steps of each host, made only when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from slipway.model.step import Step


class LazySteps(Mapping[str, tuple[Step, ...]]):
    """The steps of each host by its name, made when they are asked for: a plan may well end before.

    Args:
        makes: what makes the steps of each host.
    """

    def __init__(self, makes: Mapping[str, Callable[[], tuple[Step, ...]]]) -> None:
        self._makes = makes
        self._made: dict[str, tuple[Step, ...]] = {}

    def __getitem__(self, host: str) -> tuple[Step, ...]:
        if host not in self._made:
            self._made[host] = self._makes[host]()
        return self._made[host]

    def __contains__(self, host: object) -> bool:
        return host in self._makes

    def __iter__(self) -> Iterator[str]:
        return iter(self._makes)

    def __len__(self) -> int:
        return len(self._makes)
