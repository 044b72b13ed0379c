"""Defines what is told of an operation, and the shapes in which Slack, Discord and others want it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from slipway.core.mask_secrets import mask_secrets
from slipway.core.printable import clean
from slipway.inventory.notify import Event

MOST = 1500  # characters; Discord takes 2000
MARKS: Mapping[Event, str] = MappingProxyType({"success": "✅", "failure": "❌", "rollback": "⏪", "status": "⚠️"})


class Message(Struct, frozen=True):
    """What is told.

    Attributes:
        event: what happened. app, hosts: where. operation: such as `deploy`.
        title: one line for people. text: more, such as why it failed; "" if there is no more.
        details: release, commit, who and the like, for `json`.
    """

    event: Event
    app: str
    operation: str
    hosts: tuple[str, ...]
    title: str
    text: str = ""
    details: Mapping[str, str] = {}


def body(kind: str, message: Message) -> bytes:
    """The JSON that a webhook gets.

    Args:
        kind: `slack` (also Mattermost and Rocket.Chat), `discord`, or `json`.
    """
    if kind == "slack":
        data: object = {"text": in_words(message)}
    elif kind == "discord":
        data = {"content": in_words(message), "allowed_mentions": {"parse": []}}
    else:
        data = {
            "version": 1, "event": message.event, "app": message.app, "operation": message.operation,
            "hosts": list(message.hosts), "title": _shown(message.title), "text": _shown(message.text),
            **message.details,
        }  # fmt: skip
    return json.dumps(data, ensure_ascii=False).encode()


def in_words(message: Message) -> str:
    """The message as one text."""
    head = f"{MARKS[message.event]} {_shown(message.title)}"
    return "\n".join(part for part in (head, _shown(message.text)) if part)[:MOST]


def _shown(text: str) -> str:
    """A text without what looks like a secret, or steers a terminal."""
    return "\n".join(mask_secrets(clean(line)) for line in text.splitlines())
