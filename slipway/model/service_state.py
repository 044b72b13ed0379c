"""Defines what a host reports of a service that its app needs."""

from __future__ import annotations

from typing import TypedDict


class ServiceState(TypedDict):
    """An entry of the fact `services`, see `slipway.remote.services.report_services`."""

    service: str
    kind: str
    place: str
    up: bool
    why: str
    version: str
