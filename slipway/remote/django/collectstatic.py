"""Collect a Django project's static files where nginx finds them, and describe the project in the same run.

Runs in the release: its venv, its environment (DJANGO_SETTINGS_MODULE), its code as working directory.

Options:
    tree, domains, https: as for `django_facts`, whose facts are told too: the project is loaded only once.
    record: file to write to which files and folders of the source were read, one a line, relative to it; only
        written if a later run is proven to do the same as long as they are the same. Optional.
    root: folder that nginx serves; files go to the path of STATIC_URL in there (`static` if that is a CDN's URL), and
        what lies elsewhere (such a STATIC_ROOT, uploads in shared/) is linked there.
    link: file to write `link` of the facts to, and the name of its folder under root; only written if there is one.

Where STATIC_ROOT is not set or lies in the source, it is overruled for this run. In the source the app must find the
same files at run time: the deploy then puts a link there, see `link`. A STATIC_ROOT elsewhere is respected.

Facts: `django` of `django_facts`; `inputs` {provable, why (not), env (names looked at)}; `static`, null if there is
nothing to collect, else
    collected: folder with the files; url: STATIC_URL; folder: name of their folder under root;
    link: path in the source that must become a link to `collected`, or null;
    outside: whether STATIC_ROOT lies elsewhere, so that nginx needs a link under root.
"""

from __future__ import annotations

import io
import os

from slipway.remote.django.describe_project import STATICFILES, describe, place
from slipway.remote.django.inputs import Inputs
from slipway.remote.django.setup import explained, load_apps, load_settings
from slipway.remote.host.program_io import Failed, fact, note, run, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(options: dict[str, Any]) -> None:
    """Load, overrule STATIC_ROOT before anything looks at it, collect."""
    os.umask(0o022)  # nginx must read what is written
    inputs = Inputs(options["tree"], [options["root"]])
    settings = load_settings()
    own = settings.STATIC_ROOT
    static = destination(settings, options["tree"], options["root"])
    if static:
        settings.STATIC_ROOT = static["collected"]
        inputs.own.add(os.path.realpath(static["collected"]))
    load_apps()
    if static:
        say(collect())
    inputs.close()
    serve(settings, static, options)
    facts = describe(settings, options["tree"], options.get("domains", []), bool(options.get("https")), own)
    for warning in facts["warnings"]:
        note(warning)
    fact("django", facts)
    fact("inputs", inputs.report(options.get("record")))
    fact("static", static)


def destination(settings: Any, tree: str, root: str) -> dict[str, Any] | None:
    """Decide where the files go; None if the project has no staticfiles app."""
    if STATICFILES not in settings.INSTALLED_APPS:
        return None
    url = settings.STATIC_URL
    if not url:
        raise Failed("STATIC_URL is not set: set it (Django: STATIC_URL = 'static/'), or set static = false.")
    name = "static" if "//" in url else url.strip("/")
    if ".." in name.split("/"):
        raise Failed(f"STATIC_URL is {url!r}: a path with '..' cannot be served.")
    own = place(settings.STATIC_ROOT, tree)
    outside = bool(own["path"]) and own["inside"] is None and not own["lost"]
    collected = own["path"] if outside else os.path.join(root, name) if name else root
    return {"collected": collected, "url": url, "folder": name, "link": own["inside"], "outside": outside}


def serve(settings: Any, static: dict[str, Any] | None, options: dict[str, Any]) -> None:
    """Link what nginx shall serve besides, and write down what must become a link in the source."""
    root, media = options["root"], place(settings.MEDIA_ROOT, options["tree"])
    if static and static["outside"]:
        link(os.path.join(root, static["folder"]), static["collected"])
    if static and static["link"] and options.get("link"):
        with open(options["link"], "w", encoding="utf-8") as file:
            file.write(f"{static['link']}\n{static['folder']}\n")
    name = settings.MEDIA_URL.strip("/")
    if name and "//" not in settings.MEDIA_URL and ".." not in name.split("/") and media["path"] and not media["lost"]:
        link(os.path.join(root, name), os.path.realpath(media["path"]))


def link(place: str, target: str) -> None:
    """Make a link, unless something is there already."""
    if not os.path.lexists(place):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.symlink(target, place)


def collect() -> str:
    """Run collectstatic; return its summary."""
    from django.core.management import call_command

    output = io.StringIO()
    try:
        call_command("collectstatic", interactive=False, verbosity=1, stdout=output, stderr=output)
    except Exception as error:
        say(output.getvalue().strip())
        raise explained(error) from None
    lines = output.getvalue().split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "no static files")


if __name__ == "__main__":
    run(main)
