"""Quart."""

from quart import Quart

app = Quart(__name__)


@app.get("/")
async def hello() -> str:
    """Say hello."""
    return "Hello from quart"
