"""An app that only its Procfile tells how to run."""

from flask import Flask


def make() -> Flask:
    """Make the app."""
    app = Flask(__name__)
    app.add_url_rule("/", "hello", lambda: "Hello from procfile")
    return app
