"""A page that shows what is installed, as a lock file says."""

import json
from importlib.metadata import distributions, version

import greeting
import idna
import sniffio

TEXT = "first"


def app(environ, start_response):
    answer = {
        "text": TEXT,
        "greeting": greeting.GREETING,
        "idna": version("idna"),
        "more": sniffio.__name__,
        "names": sorted(one.metadata["Name"].lower() for one in distributions()),
        "file": idna.__file__,
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
