"""Defines the tables of inventory.toml as they stand in the file; docs/inventory.md describes every key.

`App` tables stay plain dictionaries here: they are layers, merged before they become an App.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from msgspec import field

from slipway.env.sources import COMMAND_TIMEOUT

from . import value_types as v
from .table import Table

HostKeys = Literal["accept-new", "refuse"]


class Ssh(Table, frozen=True):
    """[ssh]: how hosts are reached unless a host says otherwise."""

    user: v.Login = "deploy"  # logs in for everything but provision
    admin: v.Login = "root"  # logs in for provision: root, or may sudo
    port: v.Port | None = None  # None: ssh_config's, else 22
    identity: Path | None = None  # private key; None: ssh_config's, the agent's, or the usual ones
    gateway: v.Gateway | None = None  # jump host [user@]host[:port], or a host of the inventory
    host_keys: HostKeys = "accept-new"  # a host not in known_hosts: recorded, or refused
    known_hosts: Path | None = None  # None: ~/.ssh/known_hosts
    config: Path | None = None  # None: ~/.ssh/config


class EnvCommand(Table, frozen=True):
    """NAME = { command = "..." } in an environment: what the command prints is the value."""

    command: v.Command  # runs here, once for each deploy
    timeout: v.Seconds = COMMAND_TIMEOUT  # seconds


class EnvGenerate(Table, frozen=True):
    """NAME = { generate = 50 } in an environment: a strong value, made once and kept on the hosts."""

    generate: v.Length  # characters


class EnvDomains(Table, frozen=True):
    """NAME = { domains = "," } in an environment: the site's domains with this text between them."""

    domains: v.Separator  # "json": as a list in JSON


class EnvOrigins(Table, frozen=True):
    """NAME = { origins = "," } in an environment: the same with scheme and port, as `https://www.example.org`."""

    origins: v.Separator  # "json": as a list in JSON


class EnvDomain(Table, frozen=True):
    """NAME = { domain = true } in an environment: the first domain that is no wildcard."""

    domain: bool  # true


class EnvUrl(Table, frozen=True):
    """NAME = { url = true } in an environment: the site's address without a slash at its end."""

    url: bool | v.UrlPath  # true, or a path that is put behind the address


class Group(Table, frozen=True):
    """[groups.NAME]: hosts that are selected, and set, together."""

    hosts: tuple[v.Name, ...]
    lab: bool = False  # its hosts are made by `fab lab.up`
    app: dict[str, Any] = field(default_factory=dict)  # settings of the app that differ here
    env: dict[str, Any] = field(default_factory=dict)  # environment that differs here
    env_files: tuple[Path, ...] = ()  # read before env
    env_commands: tuple[v.Command, ...] = ()  # print dotenv text; after env_files, before env
    env_required: tuple[str, ...] = ()  # names that must have a value
    services: dict[str, Any] = field(default_factory=dict)  # services that differ here


class HostTable(Table, frozen=True):
    """[hosts.NAME]: one server."""

    address: v.Address | None = None  # None: NAME is an alias of ssh_config
    private_address: v.Address | None = None  # where the other hosts reach it; None: address
    port: v.Port | None = None  # None: as [ssh] says
    user: v.Login | None = None  # None: as [ssh] says
    admin: v.Login | None = None  # None: as [ssh] says
    identity: Path | None = None  # None: as [ssh] says
    gateway: v.Gateway | None = None  # None: as [ssh] says
    roles: tuple[v.Name, ...] = ()  # further names to select it by
    http_port: v.Port | None = None  # where the site is reached from outside; None: app.port
    rootless: bool = False  # no root there: everything lives in the user's own folder
    runs_app: bool = True  # false: nothing but services is put there
    root: v.AbsolutePath | None = None  # None: app.root, or ~/slipway on a rootless host
    app: dict[str, Any] = field(default_factory=dict)  # settings of the app that differ here
    env: dict[str, Any] = field(default_factory=dict)  # environment that differs here
    env_files: tuple[Path, ...] = ()  # read before env
    env_commands: tuple[v.Command, ...] = ()  # print dotenv text; after env_files, before env
    env_required: tuple[str, ...] = ()  # names that must have a value
    services: dict[str, Any] = field(default_factory=dict)  # services that differ here


class Document(Table, frozen=True):
    """The whole file."""

    app: dict[str, Any]
    default: v.Name | None = None  # the group (or host) that is meant when --hosts is not given
    env: dict[str, Any] = field(default_factory=dict)  # the app's environment
    env_files: tuple[Path, ...] = ()  # dotenv files, read before env
    env_commands: tuple[v.Command, ...] = ()  # print dotenv text; after env_files, before env
    env_required: tuple[str, ...] = ()  # names that must have a value
    services: dict[str, Any] = field(default_factory=dict)  # what the app needs beside itself: databases, caches
    ssh: Ssh = Ssh()
    groups: dict[str, Any] = field(default_factory=dict)
    hosts: dict[str, Any] = field(default_factory=dict)
