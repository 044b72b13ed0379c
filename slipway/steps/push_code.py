"""Pushes the commit to the host: only git objects that it lacks; then checks the release out."""

from __future__ import annotations

from slipway.core.shell import sh
from slipway.model.step import Facts, Step, Target


def fetch(target: Target) -> Step:
    """Receive the missing objects and lay the release's code down.

    The app's user may read it and not write it: the group is the app's by the setgid bit of `releases/`.
    """
    paths = target.paths

    def pack(facts: Facts) -> bytes:
        return target.source.pack(facts.get("trees", "").split())

    return Step(
        "code",
        "send the code",
        sh(
            """
[[ -e {{repo}}/HEAD ]] || git init -q --bare {{repo}}
IFS= read -r size
if ((size > 1048576)); then
  head -c "$size" | git --git-dir={{repo}} index-pack --stdin > /dev/null
elif ((size > 0)); then
  head -c "$size" | git --git-dir={{repo}} unpack-objects -q
fi
git --git-dir={{repo}} update-ref {{ref}} {{tree}}
umask 026  # of the release's own folder: nginx passes through
mkdir -p -m 2750 {{conf}} {{app}}
mkdir -p -m 2771 {{run}}
umask 027
cd {{app}}
GIT_DIR={{repo}} GIT_WORK_TREE={{app}} GIT_INDEX_FILE={{index}} git read-tree --reset -u {{tree}}
rm -f {{index}}
""",
            repo=target.layout.repo,
            ref=paths.ref,
            tree=target.release.tree,
            conf=paths.conf,
            app=paths.app,
            run=paths.run,
            index=paths.path / "index",
        ),
        pack,
    )
