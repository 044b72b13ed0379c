"""A page that shows what is installed: this package, and the one of the workspace that it needs."""

import json
import sys
from importlib.metadata import entry_points, version

from greeting import GREETING

TEXT = "first"


def app(environ, start_response):
    plugins = entry_points()
    found = plugins.select(group="shop.plugins") if hasattr(plugins, "select") else plugins["shop.plugins"]
    answer = {
        "text": TEXT,
        "greeting": GREETING,
        "version": version("shop"),
        "plugins": [plugin.name for plugin in found],
        "file": __file__,
        "prefix": sys.prefix,
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


def main():
    print(version("shop"), sys.prefix)
