"""Proposes a value for an environment variable by its name, and tells which defaults must not go live."""

from __future__ import annotations

import re
from typing import NamedTuple

from .env_reads import Variable

# Keys of the app's own, which may be any strong text; those of other services come from these.
_OWN_KEY = re.compile(r"(^|_)(SECRET_KEY|SECRET|SALT|PEPPER|(SESSION|SIGNING|COOKIE|JWT|APP|CSRF)_(KEY|SECRET))$")
_OF_OTHERS = re.compile(
    r"STRIPE|AWS|S3|GOOGLE|GITHUB|GITLAB|OAUTH|CLIENT|FACEBOOK|TWITTER|TWILIO|CAPTCHA|MAIL|SENDGRID|SOCIAL|PAYPAL|SLACK"
    r"|AZURE|OPENAI|SENTRY|CLOUDINARY|WEBHOOK|LDAP|OIDC|SAML|API|CONSUMER|ACCESS|DB|DATABASE|POSTGRES|REDIS"
)
_HOSTS = re.compile(r"(^|_)(ALLOWED_HOSTS?|TRUSTED_HOSTS?|HOSTNAMES|DOMAINS|ALLOWED_DOMAINS|VIRTUAL_HOST)$")
_ORIGINS = re.compile(r"(^|_)((TRUSTED|ALLOWED|CORS)_(ORIGINS?|WHITELIST)|ORIGINS|CORS_ORIGIN_WHITELIST)$")
_URL = re.compile(r"(^|_)(SITE|BASE|PUBLIC|APP|SERVER|ROOT|EXTERNAL|CANONICAL|WEBSITE|BACKEND|HOST|ADMIN_BASE)_URL$")
_DOMAIN = re.compile(r"^((DJANGO|APP|SITE|PUBLIC|BASE|WEB)_)*(DOMAIN|HOSTNAME|SERVER_NAME|SITE_HOST|DOMAIN_NAME)$")
_SECRET = re.compile(r"SECRET|PASSWORD|PASSWD|(^|_)SALT$|PRIVATE_KEY|TOKEN$")
_TRUE = re.compile(r"(?i)['\"]?(true|1|yes|on)['\"]?")
_LOCAL = re.compile(r"localhost|127\.0\.0\.1|sqlite:|rediss?://['\"/]")
_LOCAL_SITE = re.compile(r"['\"]https?://(localhost|127\.0\.0\.1|0\.0\.0\.0)\b.*")
_LOCAL_HOST = re.compile(r"['\"](localhost|127\.0\.0\.1|::1)['\"]")
_RANDOM = re.compile(r"token_(hex|urlsafe|bytes)|urandom|uuid4|random|Fernet")
_TEXT = re.compile(r"['\"].+['\"]")
_SERVICE = re.compile(r"(_|^)(URL|URI|DSN|HOST|SERVER|BROKER)$")
EXAMPLES = (
    (re.compile(r"DATABASE_UR[LI]$|^DB_URL$|DATABASE_DSN$"), "postgres://USER:PASSWORD@HOST/NAME"),
    (re.compile(r"REDIS.*UR[LI]$|BROKER_URL$|CACHE_URL$"), "redis://localhost:6379/0"),
    (re.compile(r"EMAIL_URL$"), "smtp+tls://USER:PASSWORD@HOST:587"),
)


class Proposal(NamedTuple):
    """What could stand in the inventory for a variable.

    Attributes:
        value: in TOML. whole: whether nothing has to be filled in. comment: what the value looks like.
    """

    value: str
    whole: bool
    comment: str = ""


def proposal(variable: Variable) -> Proposal:
    """A value for a variable that nobody has set."""
    name = variable.name.upper()
    if "DEBUG" in name:
        return Proposal('""' if variable.truth else '"False"', True)
    if _OWN_KEY.search(name) and not _OF_OTHERS.search(name):
        return Proposal("{ generate = 50 }", True)
    if _HOSTS.search(name):
        return Proposal(f'{{ domains = "{variable.separator or ","}" }}', True)
    if _ORIGINS.search(name):
        return Proposal(f'{{ origins = "{variable.separator or ","}" }}', True)
    if _URL.search(name) or _LOCAL_SITE.fullmatch(variable.default):
        return Proposal("{ url = true }", True)
    if _DOMAIN.search(name):
        return Proposal("{ domain = true }", True)
    example = next((text for pattern, text in EXAMPLES if pattern.search(name)), "")
    return Proposal('""', False, f"as {example}" if example else "")


def unfit_for_visitors(variable: Variable) -> str:
    """Why the default of a variable must not go live, in a few words; "" if nothing is known against it."""
    name, default = variable.name.upper(), variable.default
    if variable.need == "required":
        return ""
    own_key = name.endswith("SECRET_KEY") and not _OF_OTHERS.search(name)
    if own_key and default in ("", "None", "''", '""'):
        return "no key without it"
    if own_key and _RANDOM.search(default):
        return "another key in each process"
    if not default:
        return "names no domain without it" if _HOSTS.search(name) else ""
    if "DEBUG" in name and _TRUE.fullmatch(default):
        return "debugging is on"
    if is_secret(variable):
        return "a secret that is in the source"
    if _HOSTS.search(name) and (_LOCAL.search(default) or default in ("[]", "''", '""')):
        return "names no domain"
    if _LOCAL_SITE.fullmatch(default):
        return "names this machine"
    if _SERVICE.search(name) and _LOCAL.search(default) and not _LOCAL_HOST.fullmatch(default):
        return "names this machine"
    return ""


def is_secret(variable: Variable) -> bool:
    """Whether a variable has a default that is a secret by its name, and is not to be repeated."""
    return bool(_SECRET.search(variable.name.upper()) and _TEXT.fullmatch(variable.default))


def line(variable: Variable, given: Proposal) -> str:
    """The line of [env] that a proposal means."""
    return f"{variable.name} = {given.value}"
