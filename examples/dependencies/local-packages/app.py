"""A page that shows a package which lies in a folder of the repository, as requirements.txt names it."""

import json
from importlib.metadata import version

import certifi
import greeting
import sniffio

TEXT = "first"


def app(environ, start_response):
    answer = {
        "text": TEXT,
        "greeting": greeting.GREETING,
        "version": version("greeting"),
        "file": greeting.__file__,
        "more": [certifi.__name__, sniffio.__name__],
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
