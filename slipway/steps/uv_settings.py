"""The settings of uv where it runs as the account that deploys: those of the host, never those of the commit."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.step import Target


def export(target: Target) -> Script:
    """Set the variables that uv reads.

    By itself, uv obeys `uv.toml` and `[tool.uv]` of the folder that it runs in and of those above. They may name a
    Python, which uv then runs, or another place to install to. So it is told which file to read: that of its account
    or of the host, else none. And what requirements name as editable, uv would build in spite of `--no-build`.
    """
    return sh(
        """
export UV_CACHE_DIR={{cache}} UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never UV_NO_EDITABLE=1
for UV_CONFIG_FILE in "${UV_CONFIG_FILE:-/}" ~/.config/uv/uv.toml /etc/uv/uv.toml /dev/null; do
  [[ ! -f $UV_CONFIG_FILE && $UV_CONFIG_FILE != /dev/null ]] || break
done
export UV_CONFIG_FILE""",
        cache=target.layout.cache,
    )
