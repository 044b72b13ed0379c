"""The small WSGI apps that the tests put into releases, as text: some cannot even be imported."""

from __future__ import annotations

# A good app; `/slow` takes half a second, `/host` shows what it was asked for.
GOOD = """
import os
import time


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/slow":
        time.sleep(0.5)
    status = {"/400": "400 Bad Request", "/404": "404 Not Found", "/302": "302 Found"}.get(path, "200 OK")
    start_response(status, [("Content-Type", "text/plain"), ("Location", "https://elsewhere.example.org/")])
    return [f"{os.environ['RELEASE']} {environ['HTTP_HOST']} {environ['HTTP_X_FORWARDED_PROTO']}".encode()]
"""

# Redirects: each path leads to the next.
REDIRECTS = """
NEXT = {
    "/": "/login", "/login": "/login/", "/healthz": "/ready", "/broken": "/500", "/circle": "/round",
    "/round": "http://example.org/circle", "/far": "http://elsewhere.example.org/circle", "/cookie": "/cookie",
}
NEXT.update((f"/{n}", f"/{n + 1}") for n in range(1, 50))


def application(environ, start_response):
    path, scheme = environ["PATH_INFO"], environ["HTTP_X_FORWARDED_PROTO"]
    if path == "/secure":
        target = None if scheme == "https" else "https://example.org/secure"
    elif path == "/cookie":
        target = None if "seen=yes" in environ.get("HTTP_COOKIE", "") else "/cookie"
    else:
        target = NEXT.get(path)
    status = "302 Found" if target else "500 Broken" if path == "/500" else "200 OK"
    headers = [("Content-Type", "text/plain"), ("Set-Cookie", "seen=yes; Path=/")]
    start_response(status, [*headers, ("Location", target)] if target else headers)
    return [b"a page"]
"""

# Django in one file; the settings are in the module `config`.
DJANGO = """
import os
import secrets

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

KEY = {
    "committed": "k3y-of-the-repository-0123456789",
    "default": "change" + "-me",
    "random": secrets.token_hex(),
    "good": "only the " + "environment has it",
}
settings.configure(
    DEBUG=os.environ["RELEASE"].startswith("debug"),
    SECRET_KEY=KEY.get(os.environ["RELEASE"].partition(".")[0], KEY["good"]),
    ALLOWED_HOSTS=["example.org"],
    ROOT_URLCONF=__name__,
)
urlpatterns = [path("healthz", lambda request: HttpResponse("well"))]
application = get_wsgi_application()
"""

# Fails at import.
RAISES = """
import a_module_that_nobody_installed
"""

# Boots, and answers nothing but errors.
ANSWERS_500 = """
PAGE = b"<html><style>b {}</style><h1>Server Error</h1><p>no such table: book</p></html>"


def application(environ, start_response):
    print("the log says: no such table", flush=True)
    start_response("500 Internal Server Error", [("Content-Type", "text/html")])
    return [PAGE]
"""

# Never finishes its import.
HANGS = """
import time

print("waiting for the database", flush=True)
time.sleep(600)
"""

# Dies in a way that gunicorn answers with a new worker, for ever.
DIES = """
import os
import signal

os.kill(os.getpid(), signal.SIGKILL)
"""

# Answers 503 for its first half second.
WARMS = """
import time

began = time.monotonic()


def application(environ, start_response):
    ready = time.monotonic() - began > 0.5
    start_response("200 OK" if ready else "503 Service Unavailable", [("Content-Type", "text/plain")])
    return [b"ready" if ready else b"warming up"]
"""

APPS = {
    "good": GOOD,
    "redirects": REDIRECTS,
    "django": DJANGO,
    "raises": RAISES,
    "answers_500": ANSWERS_500,
    "hangs": HANGS,
    "dies": DIES,
    "warms": WARMS,
}
