"""Keep the certificates of a host: provision installs this program, certbot's hook and a timer run it, all as root.

Options:
    root: where the files of all apps lie.
    do: `prepare`: have some certificate for an app, so that nginx can begin; `install`: install the operator's files;
        `order`: order what is missing for an app; `renewed`: what certbot has renewed; `due`: look after all apps.
    app: its name. folder: where its files lie. domains: of the app.
    self_signed (prepare): whether that is what is wanted, and not a stand-in.
    certificate, key (install): paths of PEM files.
    outside (order): domains at which the operator's machine has found the probe of this host.
    forced (order): order a new one whatever is there.

Facts: `changed` with what was changed. `probe` (prepare): name of a file that `order` will look for.
Notes: `certificate-not-ordered` (order), in one line.
"""

from __future__ import annotations

import fcntl
import json
import os

from slipway.remote.host.program_io import Failed, fact, note, run, say
from slipway.remote.tls.check_challenge import write_probe
from slipway.remote.tls.install_certificate import file_bytes, install_certificate, mark_names, self_signed
from slipway.remote.tls.order_certificate import install_ordered, order_certificate
from slipway.remote.tls.read_certificate import read_certificate
from slipway.remote.tls.run_certbot import gather_cas, lineage_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RENEW_EARLY = 30.0  # days


def main(options: dict[str, Any]) -> None:
    """Do one thing; two runs wait for each other, but for what certbot starts in the midst of an order."""
    os.umask(0o022)  # keys are made with a mode of their own
    if options["do"] == "renewed":
        renewed(options["root"])
        return
    with open(os.path.join(options["root"], "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        {"prepare": prepare, "install": install, "order": order, "due": due}[options["do"]](options)


def prepare(options: dict[str, Any]) -> None:
    """Have a certificate where there is none, or where a self-signed one is wanted that is not good any more."""
    folder, own = options["folder"], options["self_signed"]
    current = os.path.join(folder, "current")
    have = read_certificate(os.path.join(current, "fullchain.pem"))
    missing = [name for name in options["domains"] if have and not have.covers(name)]
    if have is None or (own and (not have.self_signed or missing or have.days < RENEW_EARLY)):
        pair = self_signed(options["domains"])
        install_certificate(folder, *pair, options["domains"], certified=own)
        fact("changed", "self-signed certificate" if own else "stand-in certificate, until there is a real one")
    else:
        mark_names(current, options["domains"], own or not have.self_signed)
    if options.get("webroot"):
        fact("probe", write_probe(options["webroot"], options["app"]))
    gather_cas(options["root"])


def install(options: dict[str, Any]) -> None:
    """Install files of the operator's."""
    pair = [file_bytes(options[name]) for name in ("certificate", "key")]
    if pair[0] is None or pair[1] is None:
        raise Failed("The certificate did not arrive.")
    if install_certificate(options["folder"], pair[0], pair[1], options["domains"], certified=True):
        fact("changed", "certificate")


def order(options: dict[str, Any]) -> None:
    """Order what is missing for an app; what cannot be had yet is a note."""
    done = order_certificate(
        options["root"], wanted_by(options["folder"]), options.get("outside", []), bool(options.get("forced"))
    )
    if done.ordered:
        fact("changed", f"certificate for {', '.join(done.ordered)}")
    if done.trouble:
        note("certificate-not-ordered", f"{done.trouble}. The host tries again by itself")


def due(options: dict[str, Any]) -> None:
    """Order what is missing for any app of the host; the journal says what cannot be had."""
    gather_cas(options["root"])
    for app in apps_of(options["root"]):
        try:
            done = order_certificate(options["root"], wanted_by(app), [])
        except Failed as failed:
            say(f"{os.path.basename(app)}: {failed}")
            continue
        if done.ordered:
            say(f"{os.path.basename(app)}: there is a certificate for {', '.join(done.ordered)}")
        if done.trouble:
            say(f"{os.path.basename(app)}: {done.trouble}")


def renewed(root: str) -> None:
    """Install what certbot has just got, as its hook."""
    name = os.path.basename(os.environ.get("RENEWED_LINEAGE", ""))
    for app in apps_of(root):
        wanted = wanted_by(app)
        if lineage_name(wanted["app"]) == name:
            install_ordered(wanted)
            return
    raise Failed(f"No app of this host has the certificate {name!r}.")


def apps_of(root: str) -> list[str]:
    """The folders of the apps for which certificates are ordered."""
    apps = os.path.join(root, "apps")
    folders = [os.path.join(apps, name) for name in sorted(os.listdir(apps))]
    return [folder for folder in folders if os.path.exists(os.path.join(folder, "wanted.json"))]


def wanted_by(folder: str) -> dict[str, Any]:
    """What provision has written of what an app wants."""
    with open(os.path.join(folder, "wanted.json"), encoding="utf-8") as file:
        return dict(json.load(file))


if __name__ == "__main__":
    run(main)
