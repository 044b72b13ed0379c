"""Knows which Debian packages some dependencies need, to be built or to run."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

_COMPILER = ("build-essential", "python3-dev")
# Distributions without wheels that hold all they need; by their normalised names.
NEEDS = MappingProxyType(
    {
        "psycopg2": ("libpq-dev", *_COMPILER),
        "psycopg": ("libpq5",),
        "mysqlclient": ("default-libmysqlclient-dev", "pkg-config", *_COMPILER),
        "python-ldap": ("libldap-dev", "libsasl2-dev", *_COMPILER),
        "django-auth-ldap": ("libldap-dev", "libsasl2-dev", *_COMPILER),
        "uwsgi": _COMPILER,
        "pycurl": ("libcurl4-openssl-dev", "libssl-dev", *_COMPILER),
        "pycairo": ("libcairo2-dev", "pkg-config", *_COMPILER),
        "xmlsec": ("libxmlsec1-dev", "pkg-config", *_COMPILER),
        "pygraphviz": ("libgraphviz-dev", *_COMPILER),
        "gssapi": ("libkrb5-dev", *_COMPILER),
        "python-magic": ("libmagic1",),
        "weasyprint": ("libpango-1.0-0", "libpangoft2-1.0-0"),
        "cairosvg": ("libcairo2",),
        "pyodbc": ("unixodbc",),
        "pdf2image": ("poppler-utils",),
        "pytesseract": ("tesseract-ocr",),
        "wand": ("libmagickwand-dev",),
        "ffmpeg-python": ("ffmpeg",),
        "pydub": ("ffmpeg",),
        "dbus-python": ("libdbus-1-dev", "libglib2.0-dev", *_COMPILER),
    }
)


def debian_packages(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Dependencies that need packages of the system -> these packages."""
    return {name: NEEDS[name] for name in sorted(names) if name in NEEDS}
