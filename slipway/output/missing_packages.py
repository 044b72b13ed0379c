"""Names the packages that are missing: of Python by the module, of Debian by the header, program or library."""

from __future__ import annotations

import re
from types import MappingProxyType

# Modules whose package has another name. Others are likely to have the name of their package.
PACKAGES = MappingProxyType(
    {
        "_cffi_backend": "cffi",
        "allauth": "django-allauth",
        "attr": "attrs",
        "bs4": "beautifulsoup4",
        "channels_redis": "channels-redis",
        "corsheaders": "django-cors-headers",
        "crispy_bootstrap5": "crispy-bootstrap5",
        "crispy_forms": "django-crispy-forms",
        "Crypto": "pycryptodome",
        "cv2": "opencv-python-headless",
        "dateutil": "python-dateutil",
        "debug_toolbar": "django-debug-toolbar",
        "decouple": "python-decouple",
        "django_celery_beat": "django-celery-beat",
        "django_extensions": "django-extensions",
        "django_filters": "django-filter",
        "dj_database_url": "dj-database-url",
        "docx": "python-docx",
        "dotenv": "python-dotenv",
        "environ": "django-environ",
        "flask_cors": "Flask-Cors",
        "flask_login": "Flask-Login",
        "flask_migrate": "Flask-Migrate",
        "flask_sqlalchemy": "Flask-SQLAlchemy",
        "flask_wtf": "Flask-WTF",
        "fitz": "PyMuPDF",
        "git": "GitPython",
        "google.protobuf": "protobuf",
        "jose": "python-jose",
        "jwt": "PyJWT",
        "ldap": "python-ldap",
        "magic": "python-magic",
        "markdown": "Markdown",
        "memcache": "python-memcached",
        "MySQLdb": "mysqlclient",
        "multipart": "python-multipart",
        "OpenSSL": "pyOpenSSL",
        "PIL": "Pillow",
        "pkg_resources": "setuptools<81",
        "psycopg2": "psycopg2-binary",
        "psycopg": "psycopg[binary]",
        "pylibmc": "pylibmc",
        "pymysql": "PyMySQL",
        "pythonjsonlogger": "python-json-logger",
        "pytz": "pytz",
        "rest_framework": "djangorestframework",
        "rest_framework_simplejwt": "djangorestframework-simplejwt",
        "ruamel": "ruamel.yaml",
        "serial": "pyserial",
        "sklearn": "scikit-learn",
        "slugify": "python-slugify",
        "social_django": "social-auth-app-django",
        "sorl": "sorl-thumbnail",
        "storages": "django-storages",
        "telegram": "python-telegram-bot",
        "wtforms": "WTForms",
        "yaml": "PyYAML",
        "zmq": "pyzmq",
    }
)
# Modules that Python itself had, with the last version that has them.
REMOVED = MappingProxyType(
    dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), "3.11")
    | dict.fromkeys(("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "mailcap", "nntplib"), "3.12")
    | dict.fromkeys(("pipes", "sndhdr", "spwd", "telnetlib", "uu", "xdrlib"), "3.12")
)
ADDED = MappingProxyType({"tomllib": "3.11", "zoneinfo": "3.9", "annotationlib": "3.14"})

# Headers and programs that a build misses, and the Debian packages that have them.
BUILD = "build-essential", "python3-dev"
DEBIAN = (
    (r"pg_config(?: executable)? (?:is )?(?:required|not found)|libpq-fe\.h", ("libpq-dev", *BUILD)),
    (r"mysql_config|Can not find valid pkg-config name", ("default-libmysqlclient-dev", "pkg-config", *BUILD)),
    (r"ffi\.h: No such file", ("libffi-dev", *BUILD)),
    (r"openssl/\w+\.h: No such file", ("libssl-dev", *BUILD)),
    (r"libxml/\w+\.h: No such file|libxml2 and libxslt development packages", ("libxml2-dev", "libxslt1-dev", *BUILD)),
    (r"\b(?:lber|ldap|sasl/sasl)\.h: No such file", ("libldap2-dev", "libsasl2-dev", *BUILD)),
    (r"headers or library files could not be found for (?:jpeg|zlib)", ("libjpeg-dev", "zlib1g-dev", *BUILD)),
    (r"zlib\.h: No such file", ("zlib1g-dev", *BUILD)),
    (r"\bgeos_c\.h: No such file|geos-config", ("libgeos-dev", *BUILD)),
    (r"gdal-config|GDAL_CONFIG|gdal\.h: No such file", ("libgdal-dev", *BUILD)),
    (r"libmemcached/memcached\.h: No such file", ("libmemcached-dev", "zlib1g-dev", *BUILD)),
    (r"\bcairo\.h: No such file|Dependency \"?cairo\"? not found", ("libcairo2-dev", "pkg-config", *BUILD)),
    (r"xmlsec1? .*(?:not found|missing)|xmlsec/\w+\.h: No such file", ("libxmlsec1-dev", "pkg-config", *BUILD)),
    (r"can't find Rust compiler|\bcargo\b.*(?:not found|No such file)|Rust.*not installed|rustup", ("cargo", "rustc")),
    (r"Python\.h: No such file", BUILD),
    (r"you need a C compiler|No working compiler found", BUILD),
    (r"command '?\S*(?:gcc|g\+\+|cc)'? failed.*No such file|unable to execute '?\S*(?:gcc|cc)", BUILD),
    (r"No such file or directory: '?(?:gcc|cc|c\+\+|g\+\+)\b|\b(?:gcc|cc|c\+\+|g\+\+): (?:command )?not found", BUILD),
    (r"(?:pkg-config|pkgconf)\b.*(?:not found|No such file|not installed)", ("pkg-config", *BUILD)),
)  # fmt: skip
# Libraries and programs that an app misses when it runs.
RUNTIME = (
    (r"libpq\.so\.5|no pq wrapper available|libpq library not found", ("libpq5",)),
    (r"libmariadb\.so\.3|libmysqlclient\.so", ("libmariadb3",)),
    (r"Could not find the GDAL library|libgdal\.so", ("gdal-bin",)),
    (r"Could not find the GEOS library|libgeos_c\.so", ("libgeos-c1v5",)),
    (r"failed to find libmagic|libmagic\.so", ("libmagic1",)),
    (r"cannot load library '(?:lib)?(?:pango|gobject)|libpango-1", ("libpango-1.0-0", "libpangoft2-1.0-0")),
    (r"libGL\.so\.1", ("libgl1", "libglib2.0-0")),
    (r"libxmlsec1\.so", ("libxmlsec1-openssl",)),
    (r"libcairo\.so\.2|no library called \"cairo", ("libcairo2",)),
    (r"No such file or directory: '(?:ffmpeg|ffprobe)'", ("ffmpeg",)),
    (r"No such file or directory: 'msgfmt'|Can't find msgfmt", ("gettext",)),
    (r"No wkhtmltopdf executable found", ("wkhtmltopdf",)),
)


def build_advice(text: str) -> str:
    """What to do where a build misses a compiler, a header or a program; "" where it does not."""
    for pattern, packages in DEBIAN:
        if re.search(pattern, text, re.IGNORECASE):
            return (
                "A package has to be built on the host, and the host lacks what that needs. Put this into [app] of the "
                f"inventory, then run fab provision and deploy again: packages = [{_listed(packages)}]"
            )
    if match := re.search(r"fatal error: (\S+\.h(?:pp)?): No such file", text):
        return (
            f"A package has to be built on the host, which lacks the header {match[1]}. Put the Debian package that "
            "has it into packages of [app] in the inventory; `apt-file search` on Debian finds it."
        )
    return ""


def library_advice(text: str) -> str:
    """What to do where a library or a program of the system is missing; "" where none is."""
    for pattern, packages in RUNTIME:
        if re.search(pattern, text):
            return (
                "The host lacks a library or a program that the app uses. Put this into [app] of the inventory, "
                f"then run fab provision and deploy again: packages = [{_listed(packages)}]"
            )
    return ""


def module_advice(text: str) -> str:
    """What to do where a module is missing; "" where none is."""
    match = re.search(r"ModuleNotFoundError: No module named '(?P<name>[\w.]+)", text)
    match = match or re.search(r"(?m)^No module named '(?P<name>[\w.]+)'$", text)
    match = match or re.search(r"Error loading ASGI app\. Could not import module \"(?P<name>[\w.]+)\"", text)
    if not match:
        return ""
    whole = match["name"]
    name = whole.split(".")[0]
    if name in REMOVED:
        return (
            f"Python had the module {name} up to {REMOVED[name]}: name that version in [app] of the inventory, "
            f'python = "{REMOVED[name]}", or take newer versions of what imports it.'
        )
    if name in ADDED:
        return f'Python has the module {name} since {ADDED[name]}: name a newer one in [app], python = "3.12".'
    package = PACKAGES.get(whole) or PACKAGES.get(name, name.replace("_", "-"))
    return (
        f"The module {name} is not in the release's venv. If it is a package's, add {package} to the app's "
        "requirements; if it is the app's own, name the folder that it lies in: chdir in [app] of the inventory."
    )


def _listed(packages: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in packages)
