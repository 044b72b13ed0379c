"""Collect the static files of a Django project and print them, as `receive_static_from_app` reads them.

Runs in the release as the app's user: its venv, its environment (DJANGO_SETTINGS_MODULE), its code as working
directory. Files are collected into a folder of the app's own and sent as a stream, since the app may not
write to the folder that nginx serves. What is printed meanwhile goes to standard error.

Options:
    allow: names of risks that do not stop a deploy, see `slipway.remote.web.find_app_risks`.
    tree, domains, https, own_server: as for `django.inspect_project`, whose warnings are told too: the project
        is loaded only once.
    commands: further commands of manage.py, each a line, that run after collectstatic and write to STATIC_ROOT, too.
    shared: the folder of what outlives releases.
    nothing: collect nothing; the project is only looked at.
    compare_keys: load the settings a second time, in a process of its own, since nobody compares the secret keys of
        the workers later.

Where STATIC_ROOT is not set or lies in the source, it is overruled for this run. In the source the app must find the
same files at run time: the deploy then puts a link there. A STATIC_ROOT elsewhere is respected.

The stream: `file NAME_BYTES SIZE` lines, each followed by a name and the content, and at its end `report BYTES` or
`failed BYTES` with a JSON object:
    failed: {reason, more}.
    report: notes; summary; read: files and folders of the source that were read, null if nothing can prove that
        another run would do the same; why: the reasons; folder: where nginx finds the files, below the folder that it
        serves, null if there is nothing to collect; place: path in the source that must become a link to them, or
        null; links: {path below the folder that nginx serves: path that it must lead to}.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import sys
import tempfile

from slipway.remote.django.loaded_project_facts import STATICFILES, allowed, describe, place, under
from slipway.remote.django.run_inputs import Inputs
from slipway.remote.django.setup import explained, load_apps, load_settings
from slipway.remote.host.program_io import Failed, options_in, say
from slipway.remote.host.read_output_until_exit import last_output
from slipway.remote.web.find_app_risks import digest
from slipway.remote.web.unstable_key_warning import UNSTABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, BinaryIO


DENIED = (1, 13, 30)  # EPERM, EACCES, EROFS
LOAD_TIMEOUT = 60  # seconds
TELL_KEY = (
    "import hashlib\n"
    "from django.conf import settings\n"
    "key = settings.SECRET_KEY\n"
    "key = key if isinstance(key, bytes) else str(key).encode('utf-8', 'surrogateescape')\n"
    "print('slipway-key ' + hashlib.sha256(b'slipway ' + key).hexdigest())\n"
)


def main(options: dict[str, Any], stream: BinaryIO) -> None:
    """Load, overrule STATIC_ROOT before anything looks at it, collect, send."""
    os.umask(0o022)  # nginx must read what is written outside of the release
    # Below the usual folder for temporary files memory is often all there is.
    staging = os.path.realpath(tempfile.mkdtemp(prefix="slipway-static-", dir="/var/tmp"))
    try:
        report = collect(options, staging)
        send_files(stream, staging)
        send(stream, "report", report)
    except Failed as failed:
        reason, _, more = str(failed).partition("\n")
        send(stream, "failed", {"reason": reason, "more": more})
        sys.exit(1)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def collect(options: dict[str, Any], staging: str) -> dict[str, Any]:
    """Collect into `staging`, and say what a deploy must know about it."""
    tree = options["tree"]
    inputs = Inputs(tree, [staging], shared=options.get("shared", ""))
    settings = load_settings()
    own = settings.STATIC_ROOT
    static = None if options.get("nothing") else destination(settings, tree, staging)
    committed = static and static["place"] and holds_files(os.path.join(tree, static["place"]))
    if static:
        settings.STATIC_ROOT = static["collected"]
        inputs.own.add(os.path.realpath(static["collected"]))
    load_apps()
    summary = gathered(static) if static else "no static files"
    for line in options.get("commands", []) if static else []:
        command(*shlex.split(line))
    inputs.close()
    https, own_server = bool(options.get("https")), bool(options.get("own_server"))
    facts = describe(settings, tree, options.get("domains", []), https, own, own_server)
    risks = {**facts["risks"], **(changing_key(settings) if options.get("compare_keys") else {})}
    notes = [*allowed(risks, options.get("allow", [])), *facts["warnings"]]
    if static and static["outside"]:
        text = (
            f"STATIC_ROOT ({static['collected']}) lies outside of the release: releases overwrite each other's "
            "static files there. Leave STATIC_ROOT unset, or put it into the source."
        )
        notes.append(["static-root-outside", text])
    if committed and static:
        text = (
            f"{static['place']} is committed, and is STATIC_ROOT: what collectstatic collects takes its place. Leave "
            "it out of the commit; files of your own belong into a folder of STATICFILES_DIRS."
        )
        notes.append(["static-root-committed", text])
    if exposed := in_media(settings, facts["databases"]):
        text = (
            f"MEDIA_ROOT holds the database {exposed}, which every visitor could download: nginx serves no uploads. "
            "Give uploads a folder of their own."
        )
        notes.append(["database-in-media", text])
    why = inputs.reasons()
    return {
        "notes": [f"{text} [{name}]" for name, text in notes],
        "summary": summary,
        "read": None if why else [*sorted(inputs.paths), *inputs.outside()],
        "why": why,
        "folder": static["folder"] if static else None,
        "place": static["place"] if static else None,
        "links": {} if options.get("nothing") else links(settings, static, tree, uploads=not exposed),
    }


def gathered(static: dict[str, Any]) -> str:
    """Run collectstatic, and return the last line that it says."""
    try:
        return command("collectstatic", "--noinput")
    except Failed as failed:
        error = failed.__context__
        if static["outside"] and isinstance(error, OSError) and error.errno in DENIED:
            raise Failed(
                f"STATIC_ROOT ({static['collected']}) lies outside of the source, where the app may not write.\n"
                "Leave STATIC_ROOT unset, or set it to a folder of the source: nginx finds the files in either case."
            ) from None
        raise


def holds_files(folder: str) -> bool:
    """Say whether there is anything in a folder; what a link leads to does not count."""
    return not os.path.islink(folder) and os.path.isdir(folder) and bool(os.listdir(folder))


def changing_key(settings: Any) -> dict[str, str]:
    """Return the risk of a SECRET_KEY that is another one in another process; nothing where that cannot be told."""
    argv = [sys.executable, "-c", TELL_KEY]
    code, said = last_output(argv, 1 << 16, LOAD_TIMEOUT)
    other = said.decode("ascii", "replace").rpartition("slipway-key ")[2].strip()
    if code or not other or other == digest(settings.SECRET_KEY):
        return {}
    return {"unstable-secret-key": UNSTABLE.format(name="SECRET_KEY", each="process")}


def destination(settings: Any, tree: str, staging: str) -> dict[str, Any] | None:
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
    # What lies below a link, such as one to shared/, is not the release's own.
    inside = own["inside"] if own["inside"] and in_tree(own["path"], tree) else None
    outside = bool(own["path"]) and inside is None and (not own["lost"] or bool(own["inside"]))
    collected = os.path.realpath(own["path"]) if outside else os.path.join(staging, name) if name else staging
    return {"collected": collected, "folder": name, "place": inside, "outside": outside}


def in_tree(path: str, tree: str) -> bool:
    """Say whether the folder that a path is in belongs to the source."""
    top, parent = os.path.realpath(tree), os.path.realpath(os.path.dirname(path))
    return parent == top or under(parent, top)


def in_media(settings: Any, databases: list[dict[str, Any]]) -> str:
    """Name a database that lies in MEDIA_ROOT; "" if none does."""
    media = os.path.realpath(settings.MEDIA_ROOT) if settings.MEDIA_ROOT else ""
    paths = [os.path.realpath(database["path"]) for database in databases if database["path"]]
    return next((path for path in paths if media and under(path, media)), "")


def links(settings: Any, static: dict[str, Any] | None, tree: str, uploads: bool) -> dict[str, str]:
    """List what else nginx serves: static files that lie elsewhere, and uploads in shared/."""
    found = {}
    media = place(settings.MEDIA_ROOT, tree)
    name = settings.MEDIA_URL.strip("/")
    named = name and "//" not in settings.MEDIA_URL and ".." not in name.split("/")
    if named and uploads and media["path"] and not media["lost"]:
        found[name] = os.path.realpath(media["path"])
    if static and static["outside"]:
        found[static["folder"]] = static["collected"]
    return {name: path for name, path in found.items() if name}


def command(*words: str) -> str:
    """Run a command of manage.py, show what it says, and return the last line of it."""
    from django.core.management import call_command

    output = io.StringIO()
    try:
        options = {"verbosity": 1} if words[0] == "collectstatic" else {}
        call_command(*words, stdout=output, stderr=output, **options)
    except Exception as error:
        say(output.getvalue().strip())
        raise explained(error) from None
    lines = [line.strip() for line in output.getvalue().split("\n") if line.strip()]
    return lines[-1] if lines else "no static files"


def send_files(stream: BinaryIO, top: str) -> None:
    """Send every file below a folder; a link is sent as the file that it leads to."""
    for name in sorted(names(top)):
        with open(os.path.join(top, name), "rb") as file:
            content = file.read()
        path = os.fsencode(name)
        stream.write(b"file %d %d\n%b%b" % (len(path), len(content), path, content))


def names(top: str) -> Iterable[str]:
    for folder, _, files in os.walk(top):
        for file in files:
            yield os.path.relpath(os.path.join(folder, file), top)


def send(stream: BinaryIO, kind: str, value: dict[str, Any]) -> None:
    text = json.dumps(value).encode()
    stream.write(b"%b %d\n%b" % (kind.encode(), len(text), text))
    stream.flush()


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "wb", 1 << 18) as output:
        os.dup2(2, 1)
        sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
        main(options_in(sys.argv[1]), output)
