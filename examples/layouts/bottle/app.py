"""Bottle."""

import bottle


@bottle.get("/")
def hello() -> str:
    """Say hello."""
    return "Hello from bottle"


app = bottle.default_app()
