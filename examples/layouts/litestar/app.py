"""Litestar."""

from litestar import Litestar, get


@get("/")
async def hello() -> str:
    """Say hello."""
    return "Hello from litestar"


app = Litestar([hello])
