"""Defines the types of values that settings may have (durations, ports, names), each with its words for errors.

A rule is written once, as an annotated type; msgspec enforces it, and `WORDS` says it in English.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated

from msgspec import Meta

_SEGMENT = r"(?!\.\.?(?:/|\Z))[^/\x00-\x1f\x7f]+"
_DOTTED = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"

# One name may become a user, a folder, a systemd unit and part of a socket path: hence short and plain.
NAME = r"^[a-z][a-z0-9-]{0,30}\Z"
# What useradd accepts, in the form that `ssh USER@host` takes without quoting.
LOGIN = r"^[A-Za-z_][A-Za-z0-9_.-]{0,31}\Z"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = rf"^(?:\*\.)?{LABEL}(?:\.{LABEL})*\Z"
# Either a host name, IPv4 address or ssh_config alias, or an IPv6 address (two colons at least; %zone).
ADDRESS = (
    r"^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*"
    r"|[0-9A-Fa-f]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?)\Z"
)
GATEWAY = r"^(?:[A-Za-z_][A-Za-z0-9_.-]*@)?(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?\Z"
RELATIVE = rf"^{_SEGMENT}(?:/{_SEGMENT})*\Z"
# These land in nginx and supervisord configuration: only characters that need no quoting anywhere.
ABSOLUTE = r"^(?:/(?!\.\.?(?:/|\Z))[A-Za-z0-9._-]+)+\Z"
SIZE = r"^[0-9]+[kKmMgG]?\Z"
MEMORY = r"^[1-9][0-9]{0,6}[kKmMgG]\Z"
PERCENT = r"^[1-9][0-9]{0,4}%\Z"
BATCH = r"^(?:[1-9][0-9]{0,2}|(?:100|[1-9][0-9]?)%)\Z"
PYTHON = r"^3\.[0-9]{1,2}(?:\.[0-9]{1,2})?\Z"
PG_VERSION = r"^[1-9][0-9]\Z"
EXTENSION = r"^[a-z_][a-z0-9_-]*\Z"
# apt takes a hyphen at the end for an order to remove the package, and a name with other marks for a pattern.
PACKAGE = r"^[a-z0-9][a-z0-9+.-]*[a-z0-9+](?::[a-z0-9]+(?:-[a-z0-9]+)*)?\Z"
MODULE = rf"^{_DOTTED}\Z"
CALLABLE = rf"^{_DOTTED}:{_DOTTED}(?:\([^\x00-\x1f\x7f]*\))?\Z"
URL_PATH = r"^/[!#-&(-\[\]-~]*\Z"
REQUIREMENT = r"^[A-Za-z0-9][^\x00-\x1f\x7f]*\Z"
SEPARATOR = r"^[^\x00]{1,8}\Z"
ENV_NAME = r"^[A-Za-z_][A-Za-z0-9_]*\Z"
EXTRA = r"^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z"
# Name and password come from the operator's environment: a password has no place in the inventory.
_FROM_ENV = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"
INDEX_URL = (
    rf"^https?://(?:(?:[A-Za-z0-9._~%+-]+|{_FROM_ENV})(?::(?:{_FROM_ENV})?)?@)?"
    r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[!-~]*)?\Z"
)
BACKUP_TIMES = r"^(?:never|hourly|(?:daily|mon|tue|wed|thu|fri|sat|sun) (?:[01][0-9]|2[0-3]):[0-5][0-9])\Z"
EMAIL = r"^[^\s@\x00-\x20\x7f'\"]+@[^\s@\x00-\x20\x7f'\"]+\Z"
HTTPS_URL = r"^https://[!#-&(-;=?-\[\]-~]+\Z"
DNS_PLUGIN = r"^[a-z0-9]{2,30}\Z"
# A webhook's address is a secret, or has one in it.
NOTIFY_URL = rf"^(?:{_FROM_ENV}|(?:https?|smtps?)://(?:[!-#%-~]|{_FROM_ENV})+)\Z"
# What restic takes for a repository; a name and password in it would stand in the inventory, and in lists of processes.
REPOSITORY = r"^(?!.*//[^/@]*:[^/@]*@)(?:/|s3:|sftp:|rest:|b2:|azure:|gs:|swift:)[!-~]*\Z"
COMMAND = r"^(?=[^\x00-\x1f\x7f]*[^\x00-\x20\x7f])[^\x00-\x1f\x7f]*\Z"

WORDS = MappingProxyType(
    {
        NAME: "a name such as 'web1' (a to z first, then a to z, 0 to 9 and hyphens, 31 at most)",
        LOGIN: "a login name such as 'deploy'",
        DOMAIN: "a domain such as 'www.example.org' (no scheme, no port, no slash)",
        ADDRESS: "a host name, an IP address or an alias of ssh_config (user and port are keys of their own)",
        GATEWAY: "a gateway such as 'jump@bastion.example.org:2222' or a host of this inventory",
        RELATIVE: "a relative path such as 'media' or 'var/data.db' (no '..', no slash at either end)",
        ABSOLUTE: "an absolute path such as '/srv' (letters, digits, '._-'; no '..', no slash at the end)",
        SIZE: "a size such as '20m' (digits, then k, m or g or nothing)",
        MEMORY: "an amount of memory such as '512M' (digits, then K, M or G)",
        PERCENT: "a share of one processor such as '50%' or '200%'",
        BATCH: "a number of hosts such as 2, or a share such as '25%'",
        PYTHON: "a Python version such as '3.12'",
        PG_VERSION: "a version of PostgreSQL such as '15'",
        EXTENSION: "the name of an extension of PostgreSQL such as 'pg_trgm'",
        PACKAGE: "the name of a Debian package such as 'libpq5'",
        MODULE: "a dotted module name such as 'mysite.settings'",
        CALLABLE: "a module and an object such as 'mysite.wsgi:application'",
        URL_PATH: "a path that begins with a slash, such as '/healthz'",
        REQUIREMENT: "a requirement such as 'gunicorn' or 'gunicorn>=23,<24'",
        SEPARATOR: "what stands between two domains, such as ',' (or 'json')",
        ENV_NAME: "the name of an environment variable such as 'API_KEY'",
        EXTRA: "a name such as 'postgres' (letters, digits, '._-')",
        INDEX_URL: "an index address such as 'https://${INDEX_USER}:${INDEX_PASSWORD}@pypi.example.org/simple' "
        "(name and password by the names of variables in your environment, never the password itself)",
        EMAIL: "an e-mail address",
        HTTPS_URL: "an address such as 'https://acme.example.org/directory'",
        DNS_PLUGIN: "a DNS plugin of certbot such as 'rfc2136' (of the package python3-certbot-dns-rfc2136)",
        NOTIFY_URL: "an address such as '${SLACK_WEBHOOK}' or 'smtp://mail.example.org:25' "
        "(secrets by the names of variables in your environment)",
        COMMAND: "a command on one line",
        REPOSITORY: "a repository of restic such as 's3:https://s3.example.org/bucket/shop' "
        "or 'sftp:backup@host:/srv/shop' (no password in it)",
        BACKUP_TIMES: "'daily 03:00', 'sun 03:00', 'hourly' or 'never' (in UTC)",
    }
)

Name = Annotated[str, Meta(pattern=NAME)]
Login = Annotated[str, Meta(pattern=LOGIN)]
Domain = Annotated[str, Meta(pattern=DOMAIN)]
Address = Annotated[str, Meta(pattern=ADDRESS)]
Gateway = Annotated[str, Meta(pattern=GATEWAY)]
RelativePath = Annotated[str, Meta(pattern=RELATIVE)]
AbsolutePath = Annotated[str, Meta(pattern=ABSOLUTE)]
Size = Annotated[str, Meta(pattern=SIZE)]
Memory = Annotated[str, Meta(pattern=MEMORY)]
Percent = Annotated[str, Meta(pattern=PERCENT)]
Nofile = Annotated[int, Meta(ge=64, le=1_048_576)]
Batch = Annotated[str, Meta(pattern=BATCH)]
PythonVersion = Annotated[str, Meta(pattern=PYTHON)]
PgVersion = Annotated[str, Meta(pattern=PG_VERSION)]
PgExtension = Annotated[str, Meta(pattern=EXTENSION)]
AptPackage = Annotated[str, Meta(pattern=PACKAGE)]
Module = Annotated[str, Meta(pattern=MODULE)]
Callable = Annotated[str, Meta(pattern=CALLABLE)]
UrlPath = Annotated[str, Meta(pattern=URL_PATH)]
Requirement = Annotated[str, Meta(pattern=REQUIREMENT)]
Separator = Annotated[str, Meta(pattern=SEPARATOR)]
EnvName = Annotated[str, Meta(pattern=ENV_NAME)]
Extra = Annotated[str, Meta(pattern=EXTRA)]
IndexUrl = Annotated[str, Meta(pattern=INDEX_URL)]
Email = Annotated[str, Meta(pattern=EMAIL)]
HttpsUrl = Annotated[str, Meta(pattern=HTTPS_URL)]
DnsPlugin = Annotated[str, Meta(pattern=DNS_PLUGIN)]
HstsSeconds = Annotated[int, Meta(ge=0, le=63072000)]
NotifyUrl = Annotated[str, Meta(pattern=NOTIFY_URL)]
Command = Annotated[str, Meta(pattern=COMMAND)]
Repository = Annotated[str, Meta(pattern=REPOSITORY)]
BackupTimes = Annotated[str, Meta(pattern=BACKUP_TIMES)]
Port = Annotated[int, Meta(ge=1, le=65535)]
Days = Annotated[int, Meta(ge=0, le=36500)]
Seconds = Annotated[int, Meta(ge=1, le=86400)]
Count = Annotated[int, Meta(ge=0, le=100)]
Workers = Annotated[int, Meta(ge=1, le=256)]
Length = Annotated[int, Meta(ge=16, le=4096)]
Connections = Annotated[int, Meta(ge=10, le=10000)]
Keep = Annotated[int, Meta(ge=2, le=1000)]
