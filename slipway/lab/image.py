"""The image that the lab's containers start from: what a small Debian cloud host has, and no more.

Its base is pulled where a registry answers, else built from Debian's own packages with mmdebstrap.
Then it is prepared: systemd and sshd, no host keys, and the certificates that this machine trusts and
Debian does not. Made once for a machine; made anew when this recipe or those certificates change.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slipway.errors import SlipwayError

from . import surroundings
from .command import must, run
from .files import archive
from .prepare import PACKAGES, RECIPE, SCRIPT, TRUST
from .probe import COMMAND, Runner, way_to_run

REPOSITORY = "localhost/slipway-lab"
CODENAMES = {"12": "bookworm", "13": "trixie"}
SLOW = 900.0
PULL = 180.0


@dataclass(frozen=True)
class Image:
    """An image that hosts can be made of; `extra` counts the certificates that came from this machine."""

    name: str
    extra: int


def ensure(engine: Runner, release: str, say: Callable[[str], None]) -> Image:
    """The image for a Debian release, made now if it is not there or out of date."""
    if release not in CODENAMES:
        raise SlipwayError(f"Debian {release} is not known here", hint=f"known: {', '.join(CODENAMES)}")
    name = f"{REPOSITORY}:{release}"
    labels = _labels(engine, name)
    want = recipe_digest(trusted_bundle())
    if labels.get("slipway.recipe") != want:
        build(engine, release, name, want, say)
        labels = _labels(engine, name)
    return Image(name, int(labels.get("slipway.extra", "0")))


def recipe_digest(bundle: bytes) -> str:
    """Changes when the recipe or this machine's trusted certificates change."""
    text = "\n".join([RECIPE, SCRIPT, TRUST, *PACKAGES]).encode()
    return hashlib.sha256(text + b"\0" + bundle).hexdigest()[:16]


def trusted_bundle() -> bytes:
    path = surroundings.bundle_file(os.environ)
    return path.read_bytes() if path else b""


def build(engine: Runner, release: str, name: str, digest: str, say: Callable[[str], None]) -> None:
    """Make the image; the container it is made in goes away whatever happens."""
    base, pulled = _base(engine, release, say)
    box = f"slipway-lab-build-{os.getpid()}"
    try:
        say(f"preparing the image {name}")
        before, flags = way_to_run(engine, engine.ways(), base)
        words = [*before, "create", "--name", box, "--label", "slipway.lab=build", *flags, base]
        must(engine.argv(*words, "/bin/sh", "/slipway-prepare"), "prepare the image")
        must(engine.argv("cp", "-", f"{box}:/"), "prepare the image", data=_recipe_files())
        done = must(engine.argv("start", "-a", box), "prepare the image", timeout=SLOW)
        extra = done.text.splitlines()[-1] if done.text else "0"
        changes = [f'CMD ["{COMMAND[0]}"]', f"LABEL slipway.recipe={digest}", f"LABEL slipway.extra={int(extra)}"]
        words = [word for change in changes for word in ("--change", change)]
        must(engine.argv("commit", *words, box, name), "keep the image", timeout=SLOW)
    finally:
        run(engine.argv(*engine.remove_words, box))
        if not pulled:
            run(engine.argv("rmi", base))


def remove(engine: Runner) -> None:
    """Remove the lab's images; one that another lab's hosts use stays."""
    for release in CODENAMES:
        run(engine.argv("rmi", f"{REPOSITORY}:{release}"))


def only_file(archived: bytes) -> str:
    """The text of the one file in a tar archive (that is how containers hand out a file)."""
    with tarfile.open(fileobj=io.BytesIO(archived)) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is not None:
                return content.read().decode()
    raise SlipwayError("the container handed out an empty archive")


def _base(engine: Runner, release: str, say: Callable[[str], None]) -> tuple[str, bool]:
    short = f"debian:{release}-slim"
    if run(engine.argv("image", "inspect", short)).ok:
        return short, True
    say(f"pulling {short}")
    answer = run(engine.argv("pull", "-q", short), timeout=PULL)
    if answer.ok:
        return short, False
    say("no registry answers; building Debian from its packages with mmdebstrap (about 20 s, once)")
    return _bootstrap(engine, release), False


def _bootstrap(engine: Runner, release: str) -> str:
    name = f"{REPOSITORY}:{release}-base"
    with tempfile.TemporaryDirectory(prefix="slipway-lab-") as folder:
        path = Path(folder) / "base.tar"
        hint = "apt-get install -y mmdebstrap debian-archive-keyring"
        must(mmdebstrap_argv(release, surroundings.apt_settings(), path), "build Debian", timeout=SLOW, hint=hint)
        must(engine.argv("import", str(path), name), "import Debian", timeout=SLOW)
    return name


def mmdebstrap_argv(release: str, apt_settings: str, path: Path) -> list[str]:
    """The command line that builds a base; no mirror is named, so it is mmdebstrap's default."""
    words = [f"--aptopt={line.rstrip(';')}" for line in apt_settings.splitlines()]
    return ["mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", *words, CODENAMES[release], str(path)]


def _recipe_files() -> bytes:
    files = {
        "slipway-prepare": (0o755, SCRIPT.encode()),
        "slipway-trust.py": (0o644, TRUST.encode()),
        "slipway-bundle.pem": (0o644, trusted_bundle()),
    }
    return archive(files)


def _labels(engine: Runner, name: str) -> dict[str, str]:
    answer = run(engine.argv("image", "inspect", "--format", "{{json .Config.Labels}}", name), timeout=30)
    labels: dict[str, str] | None = json.loads(answer.stdout) if answer.ok else None
    return labels or {}
