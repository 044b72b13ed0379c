"""Names what the app's systemd unit takes away, and the inventory may give back."""

from __future__ import annotations

from typing import Literal

# What the app's systemd unit takes away, by systemd's own names, and the inventory may give back.
Hardening = Literal[
    "all",
    "NoNewPrivileges",
    "PrivateTmp",
    "PrivateDevices",
    "ProtectSystem",
    "ProtectHome",
    "ProtectProc",
    "ProtectClock",
    "ProtectControlGroups",
    "ProtectHostname",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "LockPersonality",
    "RestrictAddressFamilies",
    "RestrictRealtime",
    "SystemCallArchitectures",
    "SystemCallFilter",
]
