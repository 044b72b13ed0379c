"""Uploads built files that git ignores into the release, by rsync: only differences travel."""

from __future__ import annotations

from slipway.core.shell import join, sh
from slipway.model.step import Step, Target, Upload


def place(target: Target) -> Step:
    """Put the uploads into the release, as hardlinks: rsync replaces files and never writes into them."""
    app, kept = target.app, target.layout.uploads
    scripts = [
        sh(
            """
rm -rf {{place}}
mkdir -p {{folder}}
cp -al {{kept}} {{place}}""",
            kept=kept / path,
            place=target.paths.app / path,
            folder=(target.paths.app / path).parent,
        )
        for path in app.uploads
    ]
    uploads = tuple(Upload(app.source / path, kept / path) for path in app.uploads)
    return Step("uploads", "send built files", join(scripts), uploads=uploads)
