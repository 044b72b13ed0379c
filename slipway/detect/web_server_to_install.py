"""Says which web server has to be installed beside an app's own dependencies, and refuses one that cannot serve it."""

from __future__ import annotations

from slipway.core.errors import UsageError
from slipway.inventory.app import App
from slipway.inventory.web_servers import SERVERS, missing_packages


def servers(app: App, names: frozenset[str], asgi: bool) -> tuple[str, ...]:
    """The web server, as far as the app's own dependencies lack it.

    Raises:
        UsageError: the server that the inventory names cannot serve such an app.
    """
    if app.web_process.command or not app.web:
        return ()
    interface = "asgi" if asgi else "wsgi"
    if interface not in SERVERS[app.server_name].interfaces:
        others = [name for name, server in SERVERS.items() if interface in server.interfaces]
        raise UsageError(
            f"app.server is '{app.server}', which cannot serve a {interface.upper()} app",
            hint=f"Name {', '.join(others[:-1])} or {others[-1]}; or the app's other callable by app.wsgi or app.asgi.",
        )
    return missing_packages(app.server, names, asgi)
