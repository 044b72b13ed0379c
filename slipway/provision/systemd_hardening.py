"""Makes the hardening lines of the app's systemd unit, without those that the inventory excepts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

# What systemd offers and an ordinary app survives. Left out for good reason: MemoryDenyWriteExecute (compilers at run
# time), RestrictNamespaces (browsers that make PDFs), RestrictSUIDSGID (copying a folder of shared/ with its mode),
# ProtectSystem=strict (files outside of the app's folder), ProcSubset=pid and RemoveIPC.
DIRECTIVES: Mapping[str, str] = MappingProxyType(
    {
        "NoNewPrivileges": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "ProtectSystem": "full",
        "ProtectHome": "read-only",
        "ProtectProc": "invisible",
        "ProtectClock": "yes",
        "ProtectControlGroups": "yes",
        "ProtectHostname": "yes",
        "ProtectKernelLogs": "yes",
        "ProtectKernelModules": "yes",
        "ProtectKernelTunables": "yes",
        "LockPersonality": "yes",
        "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6 AF_NETLINK",
        "RestrictRealtime": "yes",
        "SystemCallArchitectures": "native",
        "SystemCallFilter": "@system-service",
        "SystemCallErrorNumber": "EPERM",
    }
)

# systemd.exec(5): for an account without privileges each of these implies NoNewPrivileges.
IMPLYING = frozenset(
    {
        "PrivateDevices",
        "ProtectClock",
        "ProtectHostname",
        "ProtectKernelLogs",
        "ProtectKernelModules",
        "ProtectKernelTunables",
        "LockPersonality",
        "RestrictAddressFamilies",
        "RestrictRealtime",
        "SystemCallArchitectures",
        "SystemCallFilter",
    }
)


def directives(without: Iterable[str]) -> dict[str, str]:
    """The directives of a unit, in the order in which they stand there.

    Args:
        without: names of some that the inventory leaves out; "all" for all of them. Without NoNewPrivileges there
            can be none of those that imply it.
    """
    left_out = set(without)
    if "NoNewPrivileges" in left_out:
        left_out |= IMPLYING
    if "SystemCallFilter" in left_out:
        left_out.add("SystemCallErrorNumber")
    if "all" in left_out:
        return {}
    return {name: value for name, value in DIRECTIVES.items() if name not in left_out}
