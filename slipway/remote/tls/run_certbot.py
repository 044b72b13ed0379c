"""Run certbot, and say in one line what whoever signs certificates has said."""

from __future__ import annotations

import os
import re
import time

from slipway.remote.tls.read_certificate import run_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LETS_ENCRYPT_FOLDER = "/etc/letsencrypt"
SYSTEM_CAS = "/etc/ssl/certs/ca-certificates.crt"
BUSY = "Another instance of Certbot is already running"
PATIENCE = 120.0  # seconds that another run of certbot may take
PROBLEM = re.compile(r"Domain: (\S+)\s+Type: +(\S+)\s+Detail: (.*)")
LOG = "/var/log/letsencrypt/letsencrypt.log"
LOG_MOST = 1 << 20  # characters
ERROR = re.compile(r"(?m)^acme\.messages\.Error: urn:ietf:params:acme:error:(\w+) :: (?:.* :: )?(.*)$")
RETRY = re.compile(r"retry after (\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)")


def lineage_name(app: str) -> str:
    """What certbot calls the certificate of an app."""
    return f"slipway-{app}"


def lineage_folder(app: str) -> str:
    """Where certbot keeps the certificate of an app."""
    return os.path.join(LETS_ENCRYPT_FOLDER, "live", lineage_name(app))


def ordered_from(app: str) -> str:
    """The directory that the certificate of an app comes from; "" if there is none."""
    path = os.path.join(LETS_ENCRYPT_FOLDER, "renewal", f"{lineage_name(app)}.conf")
    try:
        with open(path, encoding="utf-8") as file:
            found = re.search(r"(?m)^server = (\S+)$", file.read())
    except OSError:
        return ""
    return found[1] if found else ""


def certbot_words(wanted: dict[str, Any], domains: list[str], forced: bool) -> list[str]:
    """The command line that orders a certificate for some domains.

    Args:
        forced: also where certbot has one that is good for a long time yet.
    """
    words = ["certbot", "certonly", "--non-interactive", "--agree-tos", "--key-type", "ecdsa"]
    words += ["--server", wanted["directory"], "--cert-name", lineage_name(wanted["app"])]
    words += (
        ["--email", wanted["email"], "--no-eff-email"] if wanted["email"] else ["--register-unsafely-without-email"]
    )
    words += ["--deploy-hook", wanted["hook"], "--renew-with-new-domains"]
    if forced:
        words.append("--force-renewal")
    words += proof_words(wanted)
    for domain in domains:
        words += ["-d", domain]
    return words


def proof_words(wanted: dict[str, Any]) -> list[str]:
    """How the domains are proved: by HTTP through the site itself, or by the DNS."""
    plugin, hook = wanted["dns_plugin"], wanted["dns_hook"]
    if plugin:
        credentials = wanted["dns_credentials"]
        return [f"--dns-{plugin}", *([f"--dns-{plugin}-credentials", credentials] if credentials else [])]
    if hook:
        words = ["--manual", "--preferred-challenges", "dns"]
        return [*words, "--manual-auth-hook", f"{hook} auth", "--manual-cleanup-hook", f"{hook} cleanup"]
    return ["--webroot", "--webroot-path", wanted["webroot"]]


def run_certbot(words: list[str], bundle: str) -> tuple[str, float]:
    """Run certbot; waits while another run of it is at work.

    Returns:
        Why it failed, in one line, or ""; and when it may be asked again, as it has said itself (epoch).
    """
    environment = {"REQUESTS_CA_BUNDLE": bundle} if os.path.exists(bundle) else {}
    end = time.monotonic() + PATIENCE
    while True:
        code, said = run_command(words, environment=environment, cwd="/")
        if BUSY not in said or time.monotonic() > end:
            told = logged_error() if code else ""
            return (reason(said, told), not_before(f"{said}\n{told}")) if code else ("", 0.0)
        time.sleep(3)


def logged_error(path: str = LOG) -> str:
    """What the issuer has refused, from the log of certbot's last run.

    With some versions of Python certbot fails over its own exception, and tells nothing but "can't set attribute".
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = ERROR.findall(file.read()[-LOG_MOST:])
    except OSError:
        return ""
    return f"{found[-1][0]}: {found[-1][1]}" if found else ""


def reason(said: str, logged: str = "") -> str:
    """What went wrong, in one line, from all that certbot has said.

    Args:
        logged: what the issuer has refused, as the log has it.
    """
    problems = [f"{domain}: {' '.join(detail.split())}" for domain, _, detail in PROBLEM.findall(said)]
    if problems:
        return "; ".join(dict.fromkeys(problems))
    if BUSY in said:
        return "another certbot has been at work for minutes"
    if logged:
        return logged
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for number, line in enumerate(lines[:-1]):
        if line.startswith("An unexpected error occurred"):
            return lines[number + 1]
    skipped = ("Ask for help", "Saving debug log", "See the logfile", "Hint:")
    return next((line for line in reversed(lines) if not line.startswith(skipped)), "certbot says nothing")


def not_before(said: str) -> float:
    """When it may be asked again, as it has said itself (epoch); 0 if it has not."""
    import calendar

    found = RETRY.search(said)
    if found:
        return float(calendar.timegm(tuple(int(part) for part in found.groups())))
    if "rateLimited" in said or "too many certificates" in said:
        return time.time() + 86400
    return 0.0


def gather_cas(root: str) -> str:
    """Write all that certbot has to trust, for issuers of one's own; returns the file's path, which may be absent."""
    bundle = os.path.join(root, "ca-bundle.pem")
    own = []
    for app in sorted(os.listdir(os.path.join(root, "apps"))):
        path = os.path.join(root, "apps", app, "ca.pem")
        if os.path.exists(path):
            own.append(path)
    if not own:
        if os.path.exists(bundle):
            os.unlink(bundle)
        return bundle
    text = b""
    for path in [SYSTEM_CAS, *own]:
        with open(path, "rb") as file:
            text += file.read().rstrip() + b"\n"
    with open(f"{bundle}.new", "wb") as file:
        file.write(text)
    os.rename(f"{bundle}.new", bundle)
    return bundle
