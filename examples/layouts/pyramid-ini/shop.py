"""Pyramid, as production.ini describes it."""

from pyramid.config import Configurator
from pyramid.response import Response


def main(_: object, **settings: str) -> object:
    """Make the app from what the .ini file says."""
    config = Configurator(settings=settings)
    config.add_route("hello", "/")
    config.add_view(lambda _: Response(settings["hello"]), route_name="hello")
    return config.make_wsgi_app()
