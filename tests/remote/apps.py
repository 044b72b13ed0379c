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
    start_response(status, [("Content-Type", "text/plain"), ("Location", "https://example.org/")])
    return [f"{os.environ['RELEASE']} {environ['HTTP_HOST']} {environ['HTTP_X_FORWARDED_PROTO']}".encode()]
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
    "raises": RAISES,
    "answers_500": ANSWERS_500,
    "hangs": HANGS,
    "dies": DIES,
    "warms": WARMS,
}
