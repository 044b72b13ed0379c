"""Builds the image that lab containers start from: a small Debian cloud host, and no more.

Its base is pulled where a registry answers, else built from Debian's own packages with mmdebstrap.
Then it is prepared: systemd and sshd, no host keys, and the certificates that this machine trusts and
Debian does not. Made once for a machine; made anew when this recipe or those certificates change.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shlex
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from slipway.core.errors import SlipwayError

from . import inherited_settings
from .first_boot_files import archive
from .image_script import PACKAGES, RECIPE, SCRIPT, TRUST
from .install_lab_tools import install_line
from .probe_systemd import COMMAND, Runner, way_to_run
from .run_program import must, run

BUILD = "build"
REPOSITORY = "localhost/slipway-lab"
CODENAMES = MappingProxyType({"12": "bookworm", "13": "trixie"})
SLOW = 900.0
PULL = 180.0


@dataclass(frozen=True)
class Image:
    """An image that hosts can be made of; `extra` counts the certificates that came from this machine."""

    name: str
    extra: int


def ensure(engine: Runner, release: str, scratch: Path, say: Callable[[str], None]) -> Image:
    """The image for a Debian release, made now if it is not there or out of date.

    The caller holds the machine's lock: whatever an earlier making left behind is in nobody's use.

    Args:
        scratch: a folder for what is needed meanwhile (300 MB); made, and removed again.

    Raises:
        SlipwayError: Debian cannot be had here.
    """
    if release not in CODENAMES:
        raise SlipwayError(f"Debian {release} is not known here", hint=f"known: {', '.join(CODENAMES)}")
    name = f"{REPOSITORY}:{release}"
    labels = _labels(engine, name)
    want = recipe_digest(trusted_bundle())
    if labels.get("slipway.recipe") != want:
        try:
            build(engine, release, name, want, scratch, say)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        labels = _labels(engine, name)
    return Image(name, int(labels.get("slipway.extra", "0")))


def recipe_digest(bundle: bytes) -> str:
    """Changes when the recipe or this machine's trusted certificates change."""
    text = "\n".join([RECIPE, SCRIPT, TRUST, *PACKAGES]).encode()
    return hashlib.sha256(text + b"\0" + bundle).hexdigest()[:16]


def trusted_bundle() -> bytes:
    path = inherited_settings.bundle_file(os.environ)
    return path.read_bytes() if path else b""


def build(engine: Runner, release: str, name: str, digest: str, scratch: Path, say: Callable[[str], None]) -> None:
    """Make the image; the container it is made in goes away whatever happens."""
    base, ours = _base(engine, release, scratch, say)
    box = "slipway-lab-build"
    run(engine.argv(*engine.remove_words, box))
    try:
        say(f"preparing the image {name}")
        before, flags = way_to_run(engine, engine.ways(), base)
        words = [*before, "create", "--name", box, "--label", f"slipway.lab={BUILD}", *flags, base]
        must(engine.argv(*words, "/bin/sh", "/slipway-prepare"), "prepare the image")
        must(engine.argv("cp", "-", f"{box}:/"), "prepare the image", data=_recipe_files())
        done = must(engine.argv("start", "-a", box), "prepare the image", timeout=SLOW)
        extra = done.text.splitlines()[-1] if done.text else "0"
        changes = [f'CMD ["{COMMAND[0]}"]', f"LABEL slipway.recipe={digest}", f"LABEL slipway.extra={int(extra)}"]
        words = [word for change in changes for word in ("--change", change)]
        must(engine.argv("commit", *words, box, name), "keep the image", timeout=SLOW)
    finally:
        run(engine.argv(*engine.remove_words, box))
        if ours:
            run(engine.argv("rmi", base))
        remove(engine, replaced=True)


def remove(engine: Runner, *, replaced: bool = False) -> None:
    """Remove the lab's images, or only those that a newer one has replaced; any that hosts use stay."""
    words = ["images", "-q", "--filter", "label=slipway.recipe", *(["--filter", "dangling=true"] if replaced else [])]
    for one in dict.fromkeys(run(engine.argv(*words)).text.split()):
        run(engine.argv("rmi", one))


def only_file(archived: bytes) -> str:
    """The text of the one file in a tar archive (that is how containers hand out a file)."""
    with tarfile.open(fileobj=io.BytesIO(archived)) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is not None:
                return content.read().decode()
    raise SlipwayError(
        "the container handed out an empty archive", hint="Try it again: `fab lab.down`, then `fab lab.up`."
    )


def _base(engine: Runner, release: str, scratch: Path, say: Callable[[str], None]) -> tuple[str, bool]:
    """What the image starts from, and whether it came here for this purpose alone."""
    short = f"debian:{release}-slim"
    if run(engine.argv("image", "inspect", short)).ok:
        return short, False
    say(f"pulling {short}")
    if run(engine.argv("pull", "-q", short), timeout=PULL).ok:
        return short, True
    say("no registry answers; building Debian from its packages with mmdebstrap (about 20 s, once)")
    name = f"{REPOSITORY}:{release}-base"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o755)
    path = scratch / "base.tar"
    argv = mmdebstrap_argv(release, inherited_settings.apt_settings(), path)
    must(argv, "build Debian", timeout=SLOW, hint=install_line(["mmdebstrap", "debian-archive-keyring"]))
    must(engine.argv("import", str(path), name), "import Debian", timeout=SLOW)
    return name, True


def mmdebstrap_argv(release: str, apt_settings: str, path: Path) -> list[str]:
    """The command line that builds a base; no mirror is named, so it is mmdebstrap's default."""
    words = [f"--aptopt={line.rstrip(';')}" for line in apt_settings.splitlines()]
    return ["mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", *words, CODENAMES[release], str(path)]


def _recipe_files() -> bytes:
    variables = inherited_settings.environment(os.environ, inherited_settings.pip_settings(os.environ, Path.home()), "")
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(variables.items()))
    files = {
        "slipway-environment": (0o600, exports.encode()),
        "etc/apt/apt.conf.d/90slipway-lab": (0o644, inherited_settings.apt_settings().encode()),
        "slipway-prepare": (0o755, SCRIPT.encode()),
        "slipway-trust.py": (0o644, TRUST.encode()),
        "slipway-bundle.pem": (0o644, trusted_bundle()),
    }
    return archive(files)


def _labels(engine: Runner, name: str) -> dict[str, str]:
    answer = run(engine.argv("image", "inspect", "--format", "{{json .Config.Labels}}", name), timeout=30)
    labels: dict[str, str] | None = json.loads(answer.stdout) if answer.ok else None
    return labels or {}
