"""Finds known causes of failures in what the failed command printed, and says what to do about each.

The advice follows the cause, not the step: an app that cannot be loaded fails in whichever step loads it first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType

# Modules whose package has another name. Others are likely to have the name of their package.
PACKAGES = MappingProxyType(
    {
        "allauth": "django-allauth",
        "bs4": "beautifulsoup4",
        "corsheaders": "django-cors-headers",
        "crispy_forms": "django-crispy-forms",
        "dateutil": "python-dateutil",
        "debug_toolbar": "django-debug-toolbar",
        "decouple": "python-decouple",
        "django_filters": "django-filter",
        "dj_database_url": "dj-database-url",
        "dotenv": "python-dotenv",
        "environ": "django-environ",
        "jwt": "PyJWT",
        "MySQLdb": "mysqlclient",
        "PIL": "Pillow",
        "pkg_resources": "setuptools<81",
        "psycopg2": "psycopg2-binary",
        "pythonjsonlogger": "python-json-logger",
        "rest_framework": "djangorestframework",
        "storages": "django-storages",
        "yaml": "PyYAML",
    }
)
# Headers and programs that a build misses, and the Debian packages that have them.
BUILD = "build-essential", "python3-dev"
DEBIAN = (
    (r"pg_config(?: executable)? (?:is )?(?:required|not found)|libpq-fe\.h", ("libpq-dev", *BUILD)),
    (r"mysql_config|Can not find valid pkg-config name", ("default-libmysqlclient-dev", "pkg-config", *BUILD)),
    (r"ffi\.h: No such file", ("libffi-dev", *BUILD)),
    (r"openssl/\w+\.h: No such file", ("libssl-dev", *BUILD)),
    (r"libxml/\w+\.h: No such file|libxml2 and libxslt development packages", ("libxml2-dev", "libxslt1-dev", *BUILD)),
    (r"(?:lber|ldap)\.h: No such file", ("libldap2-dev", "libsasl2-dev", *BUILD)),
    (r"headers or library files could not be found for (?:jpeg|zlib)", ("libjpeg-dev", "zlib1g-dev", *BUILD)),
    (r"can't find Rust compiler|cargo.*(?:not found|No such file)|Rust.*not installed", ("cargo", "rustc")),
    (r"Python\.h: No such file", BUILD),
    (r"command '?\S*(?:gcc|g\+\+|cc)'? failed.*No such file|unable to execute '?\S*(?:gcc|cc)", BUILD),
    (r"No such file or directory: '?(?:gcc|cc)|\b(?:gcc|cc|c\+\+): (?:command )?not found", BUILD),
)  # fmt: skip


def advice(text: str) -> str:
    """Return what to do about a failure, or "" where the cause is not known.

    Args:
        text: the reason and the last lines of what a failed command printed.
    """
    for find in (_build, _python, _variable, _module, _metadata, _database, _file, _disk):
        if found := find(text):
            return found
    return ""


def _build(text: str) -> str:
    for pattern, packages in DEBIAN:
        if re.search(pattern, text, re.IGNORECASE):
            listed = ", ".join(f'"{name}"' for name in packages)
            return (
                "A package has to be built on the host, and the host lacks what that needs. Put this into [app] of the "
                f"inventory, then run fab provision and deploy again: packages = [{listed}]"
            )
    return ""


def _python(text: str) -> str:
    match = re.search(r"requires? (?:a different )?Python:? ?'?(?P<wanted>[<>=!~][^\s,'\"]*[0-9][^\s'\"]*)", text)
    match = match or re.search(r"does not satisfy Python\s?(?P<wanted>[<>=!~]\S*)", text)
    if not match:
        return ""
    wanted = match["wanted"].rstrip(".,;)")
    return f'The dependencies need Python {wanted}: name one in [app] of the inventory, for example python = "3.12".'


def _variable(text: str) -> str:
    names = [
        *re.findall(r"__getitem__\n(?:.*\n)*?KeyError: '([A-Za-z_]\w*)'", text),
        *re.findall(r"Set the ([A-Za-z_]\w*) environment variable", text),
        *re.findall(r"([A-Za-z_]\w*) not found\. Declare it as envvar", text),
        *re.findall(r'Environment variable "([A-Za-z_]\w*)" not set', text),
        *re.findall(r"(?m)^(?:[|> ]*)([A-Za-z_]\w*)\n.*Field required \[type=missing", text),
    ]
    if not names:
        return ""
    shown = ", ".join(dict.fromkeys(name.upper() if name.islower() else name for name in names))
    made = " A key of the app's own can be made for you: NAME = { generate = 50 }." if "SECRET" in shown.upper() else ""
    return f"The app needs {shown} in its environment: set it in [env] or env_files of the inventory.{made}"


def _module(text: str) -> str:
    match = re.search(r"ModuleNotFoundError: No module named '(?P<name>\w+)", text)
    if not match:
        return ""
    name = match["name"]
    package = PACKAGES.get(name, name.replace("_", "-"))
    return (
        f"The module {name} is not in the release's venv. If it is a package's, add {package} to the app's "
        "requirements; if it is the app's own, name the folder that it lies in: chdir in [app] of the inventory."
    )


def _metadata(text: str) -> str:
    match = re.search(r"PackageNotFoundError: (?:No package metadata was found for )?(?P<name>[\w.-]+)", text)
    if not match:
        return ""
    return (
        f"The app asks for metadata of the package {match['name']}, which is not installed: add it to the requirements."
    )


def _database(text: str) -> str:
    found: Callable[[str], re.Match[str] | None] = lambda pattern: re.search(pattern, text)  # noqa: E731
    if match := found(r'connection to server (?:at|on socket) "(?P<where>[^"]+)".*failed: (?P<why>.*)'):
        where, why = match["where"], match["why"]
    elif match := found(r"(?P<why>(?:password|Peer|Ident) authentication failed for user \"[^\"]+\")"):
        where, why = "its database", match["why"]
    elif match := found(
        r"Can't connect to (?:local )?(?:MySQL|MariaDB)?.*server.* on '(?P<where>[^']+)' \((?P<why>\S+)\)"
    ):
        where, why = match["where"], f"error {match['why']}"
    elif match := found(r"Error \d+ connecting to (?P<where>\S+?)\.? (?P<why>Connection refused|.*not known)"):
        where, why = match["where"], match["why"]
    else:
        return ""
    return (
        f"The app cannot use {where} from this host ({why.strip().rstrip('.')}). Check that the server runs and lets "
        "this host in, and the variable that names it, such as DATABASE_URL: fab env shows where each comes from."
    )


def _file(text: str) -> str:
    match = re.search(r"(?:Permission denied|Read-only file system): '(?P<path>/[^'\n]+)'", text)
    if match:
        return (
            f"The app wants to write {match['path']}, but a release is read-only for the app. If the path lies in the "
            "source, name its folder in linked_dirs of [app] in the inventory."
        )
    if "unable to open database file" in text or "attempt to write a readonly database" in text:
        return (
            "The app's SQLite database lies where the app may not write. Name its file in linked_files, or its folder "
            "in linked_dirs, of [app] in the inventory."
        )
    return ""


def _disk(text: str) -> str:
    if "No space left on device" in text:
        return "The host has no free disk space or inodes left: df -h and df -i on the host show where."
    return ""
