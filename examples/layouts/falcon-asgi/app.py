"""Falcon with its interface for asyncio."""

import falcon
import falcon.asgi


class Hello:
    """The page."""

    async def on_get(self, _: falcon.Request, answer: falcon.Response) -> None:
        """Say hello."""
        answer.text = "Hello from falcon-asgi"


api = falcon.asgi.App()
api.add_route("/", Hello())
