"""Makes the archive of files that a lab host gets before its first boot: keys, environment, apt's settings."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

from . import inherited_settings


def archive(files: Mapping[str, tuple[int, bytes]]) -> bytes:
    """A tar archive of root's files.

    Args:
        files: path on the host (without the leading slash) -> (mode, content).
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, (mode, content) in files.items():
            info = tarfile.TarInfo(path)
            info.mode, info.size = mode, len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def host_files(host_pair: tuple[bytes, bytes], authorized: bytes, *, trusts_ours: bool) -> bytes:
    """The archive that a new host gets before it boots.

    Args:
        host_pair: its own SSH key, private and public.
        authorized: the public key that opens it.
        trusts_ours: its image carries certificates of this machine.
    """
    bundle = inherited_settings.SYSTEM_BUNDLE if trusts_ours else ""
    settings = inherited_settings.pip_settings(os.environ, Path.home())
    variables = inherited_settings.environment(os.environ, settings, bundle)
    files = {
        "etc/ssh/ssh_host_ed25519_key": (0o600, host_pair[0]),
        "etc/ssh/ssh_host_ed25519_key.pub": (0o644, host_pair[1]),
        "root/.ssh/authorized_keys": (0o600, authorized),
        "etc/environment": (0o644, inherited_settings.render_environment(variables).encode()),
        "etc/apt/apt.conf.d/90slipway-lab": (0o644, inherited_settings.apt_settings().encode()),
    }
    return archive(files)
