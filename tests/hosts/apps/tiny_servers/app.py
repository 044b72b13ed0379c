"""A web app of nothing but Python: it says which release answers, and shows what tests want to know."""

import json
import os
import sys
import time
from urllib.parse import parse_qs

TEXT = "first"
STARTED = time.time()


def app(environ, start_response):
    path = environ["PATH_INFO"]
    asked = parse_qs(environ.get("QUERY_STRING", ""))
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if path == "/slow":
        time.sleep(min(float(asked.get("s", ["1"])[0]), 20))
        open(__file__).close()  # a release that ends still needs its files
    status, answer = (
        "200 OK",
        {
            "text": TEXT,
            "release": os.environ.get("SLIPWAY_RELEASE", ""),
            "path": path,
            "read": len(body),
            "pid": os.getpid(),
            "uid": os.getuid(),
            "python": sys.prefix,
        },
    )
    if path == "/missing":
        status = "404 Not Found"
    data = json.dumps(answer).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
    return [data]
