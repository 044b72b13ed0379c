"""Defines Notify: where a message goes when an operation is over."""

from __future__ import annotations

from typing import Literal

from . import value_types as v
from .table import Table

Event = Literal["success", "failure", "rollback", "status"]


class Notify(Table, frozen=True):
    """[[app.notify]]: a webhook, or an address for e-mail."""

    kind: Literal["slack", "discord", "json", "email"]  # the shape of the message
    url: v.NotifyUrl  # where to: https://..., or smtp://server:port for e-mail; ${NAME} from your environment
    on: tuple[Event, ...] = ("success", "failure", "rollback", "status")  # what it is told of
    to: tuple[v.Email, ...] = ()  # e-mail: who gets it
    sender: v.Email | None = None  # e-mail: who it comes from; None: the first of `to`
