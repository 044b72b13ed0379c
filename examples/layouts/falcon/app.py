"""Falcon."""

import falcon


class Hello:
    """The page."""

    def on_get(self, _: falcon.Request, answer: falcon.Response) -> None:
        """Say hello."""
        answer.text = "Hello from falcon"


app = falcon.App()
app.add_route("/", Hello())
