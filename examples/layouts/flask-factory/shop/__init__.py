"""A package with a factory."""

from flask import Flask


def create_app() -> Flask:
    """Make the app."""
    app = Flask(__name__)
    app.add_url_rule("/", "hello", lambda: "Hello from flask-factory")
    return app
