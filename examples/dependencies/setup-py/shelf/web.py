"""A page of an app whose dependencies only setup.py knows."""

import json
from importlib.metadata import version

import sniffio

TEXT = "first"


def app(environ, start_response):
    answer = {"text": TEXT, "version": version("shelf"), "more": [sniffio.__name__]}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


def main():
    print(version("shelf"))
