"""Defines what provision works on: one app on one host."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from slipway.core.shell import Script, sh
from slipway.inventory.tls import Tls
from slipway.model.tls_layout import TlsPaths
from slipway.render.nginx_site import nginx_site
from slipway.render.site_fits_release import keep_served
from slipway.render.templates import render

if TYPE_CHECKING:
    from slipway.inventory import Host
    from slipway.inventory.app import App
    from slipway.model.layout import Layout


class Site(Struct, frozen=True):
    """One app on one host, as provision sees it.

    Attributes:
        host: the host; `host.user` is the account that will deploy.
        app: the app with its settings for this host.
        layout: where everything lies there.
        authorized_keys: public keys, as lines of authorized_keys, that shall be able to log in as `host.user`.
        templates: the user's own templates, if there is such a folder.
        who, when: user@machine that provisions, and the time (ISO 8601), for the history; "" to keep it out of there.
    """

    host: Host
    app: App
    layout: Layout
    authorized_keys: tuple[str, ...] = ()
    templates: Path | None = None
    who: str = ""
    when: str = ""

    @property
    def unit(self) -> str:
        """The systemd unit of the app's supervisord."""
        return f"slipway-{self.app.name}.service"

    @property
    def home(self) -> PurePosixPath:
        """What Slipway keeps on a host for all apps: the tools, and without root also nginx's configuration."""
        return self.layout.tools.parent

    @property
    def config(self) -> PurePosixPath:
        return self.layout.conf / "supervisord.conf"

    @property
    def pid_file(self) -> PurePosixPath:
        return self.layout.run / "supervisord.pid"

    def render(self, name: str, **values: object) -> str:
        """Fill in a template that knows at least app, host and layout."""
        return render(name, folder=self.templates, app=self.app, host=self.host, layout=self.layout, **values)

    def nginx_site(self, https: bool = False) -> str:
        """The text of the app's nginx site; with `https` as if TLS ended in front of it."""
        app = replace(self.app, https=self.app.https or https)
        return nginx_site(app, self.host, self.layout, self.templates)

    def nginx_site_with_tls(self) -> str:
        """The text as if TLS ended in nginx, for a release that was made when it did."""
        tls = self.app.tls if self.app.ends_tls else Tls(issuer="self-signed")
        return nginx_site(replace(self.app, https=False, tls=tls), self.host, self.layout, self.templates)

    @property
    def tls(self) -> TlsPaths:
        """Where certificates lie."""
        return TlsPaths(self.home, self.app.name)

    def keep_served(self) -> Script:
        """Define `keep_served`, see there."""
        login = Script("env") if self.host.rootless else sh("runuser -u {{login}} --", login=self.host.user)
        return keep_served(self.app, self.host, self.layout, login)

    def as_login(self, script: Script) -> Script:
        """Run a script as the account that deploys, so that root never writes where that account may write.

        A link that is planted there would otherwise lead root's hand anywhere.
        """
        if self.host.rootless:
            return sh("(\n{{script}}\n)", script=script)
        if "\nSLIPWAY_AS_LOGIN" in script.text:
            raise ValueError("the script holds the word that ends it")
        return sh(
            """
export -f $(compgen -A function)
SLIPWAY_TRAP=$(trap -p ERR) SLIPWAY_NONCE=${nonce-} runuser -u {{login}} -- \\
  bash -Eeuo pipefail -O inherit_errexit -s <<'SLIPWAY_AS_LOGIN'
eval "$SLIPWAY_TRAP"
nonce=$SLIPWAY_NONCE top=$BASH_SUBSHELL
unset SLIPWAY_TRAP SLIPWAY_NONCE
cd /
{{script}}
SLIPWAY_AS_LOGIN""",
            login=self.host.user,
            script=script,
        )


# put PATH MODE TEXT WHAT: makes a file whole, if it differs, and then says that WHAT changed.
PUT = Script(
    """put() {
  if [[ -f $1 && ! -L $1 ]] && cmp -s -- "$1" <(printf %s "$3"); then
    [[ $(stat -c %a -- "$1") != "$2" ]] || return 0
    chmod -- "$2" "$1"
  else
    (umask 077; printf %s "$3" > "$1.new")
    chmod -- "$2" "$1.new"
    mv -fT -- "$1.new" "$1"
  fi
  fact changed "$4"
}"""
)
