"""Passes this machine's proxy, package index and CA settings on to lab hosts, so that apt, pip and git work there.

Behind a proxy, a company's own package index or a company CA, a fresh Debian host reaches nothing.
What this machine was told (environment variables, pip's configuration, apt's, the CA bundle it trusts)
is handed on: variables in /etc/environment, certificates in the trust store.
"""

from __future__ import annotations

import configparser
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "ftp_proxy")
INDEXES = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "PIP_DEFAULT_TIMEOUT",
    "UV_INDEX",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_INSECURE_HOST",
    "UV_HTTP_TIMEOUT",
    "UV_PYTHON_INSTALL_MIRROR",
)
BUNDLE_VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
)
SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
APT_SETTING = re.compile(
    r'^Acquire::(?:https?::(?:Proxy|Timeout)\b.*|Retries|Check-Valid-Until|Check-Date) "[^"\n]*";$'
)


def environment(
    environ: Mapping[str, str], pip_settings: Mapping[str, str], bundle: str, *, same_machine: bool = False
) -> dict[str, str]:
    """The variables that a lab host needs in its sessions.

    Args:
        environ: this machine's environment variables.
        pip_settings: `index-url` and the like from pip's configuration files.
        bundle: path of the CA bundle on the host; empty if it needs none of ours.
        same_machine: the host sees this machine's files and loopback addresses.
    """
    found: dict[str, str] = {}
    for name in PROXIES:
        value = environ.get(name) or environ.get(name.upper())
        if value:
            found[name] = found[name.upper()] = value
    for key, value in pip_settings.items():
        found["PIP_" + key.upper().replace("-", "_")] = value
    found.update({name: environ[name] for name in INDEXES if environ.get(name)})
    found = {name: value for name, value in found.items() if same_machine or _travels(name, value)}
    if "PIP_INDEX_URL" in found and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & set(found):
        found["UV_DEFAULT_INDEX"] = found["PIP_INDEX_URL"]
    if bundle:
        found.update(dict.fromkeys(BUNDLE_VARIABLES, bundle))
    return found


def render_environment(variables: Mapping[str, str]) -> str:
    """The text of /etc/environment, which pam_env reads: one NAME="value" a line, no escapes.

    A value with a quote or a line break cannot be written there and is left out.
    """
    good = {name: value for name, value in variables.items() if not set(value) & set("\"'\n\r\\")}
    return "".join(f'{name}="{value}"\n' for name, value in sorted(good.items()))


def pip_settings(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Package index settings of pip's own configuration files; a later file wins, as with pip."""
    files = [Path("/etc/pip.conf"), Path("/etc/xdg/pip/pip.conf"), home / ".pip/pip.conf"]
    files.append(Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf")
    if environ.get("PIP_CONFIG_FILE"):
        files.append(Path(environ["PIP_CONFIG_FILE"]))
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read([file for file in files if file.is_file()], encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return {}
    wanted = ("index-url", "extra-index-url", "trusted-host")
    return {key: parser.get("global", key) for key in wanted if parser.has_option("global", key)}


def bundle_file(environ: Mapping[str, str]) -> Path | None:
    """The CA bundle this machine trusts: the one it was told of, else the system's; None if there is none."""
    for name in [told_bundle(environ), SYSTEM_BUNDLE]:
        if name and Path(name).is_file():
            return Path(name)
    return None


def told_bundle(environ: Mapping[str, str]) -> str:
    """The CA bundle that this machine's environment variables name; empty if they name none."""
    named = (environ.get(name, "") for name in BUNDLE_VARIABLES)
    return next((name for name in named if name and Path(name).is_file()), "")


def apt_settings() -> str:
    """This machine's apt settings about reaching archives, as a file for /etc/apt/apt.conf.d; may be empty."""
    try:
        done = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "".join(f"{line}\n" for line in done.stdout.splitlines() if APT_SETTING.match(line))


def _travels(name: str, value: str) -> bool:
    """False for what means something on this machine only: its files and its own loopback."""
    if name.lower() == "no_proxy":
        return True
    local = ("localhost", "127.0.0.1", "::1")
    words = [urlsplit(word if "://" in word else f"//{word}") for word in value.split()]
    return not any(word.scheme == "file" or word.hostname in local for word in words)
