"""Starlette."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def hello(_: Request) -> PlainTextResponse:
    """Say hello."""
    return PlainTextResponse("Hello from starlette")


app = Starlette(routes=[Route("/", hello)])
