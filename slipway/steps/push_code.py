"""Pushes the commit to the host: only git objects that it lacks; then checks the release out."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.release_layout import RUN_MODE
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
mkdir -p -m 2750 {{conf}} {{app}} {{run}}
umask 027
{{link}}
chmod {{run_mode}} {{run}}
for other in {{releases}}/*/run; do
  # An earlier version left them such that nginx follows whatever link the app puts there.
  [[ -k $other || ! -O $other ]] || chmod {{run_mode}} "$other"
done
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
            run_mode=RUN_MODE,
            releases=target.layout.releases,
            link=_link_socket(target),
            index=paths.path / "index",
        ),
        pack,
    )


def _link_socket(target: Target) -> Script:
    """Make the link that nginx goes through, before the app can write in the folder: nobody may be there first."""
    if not target.app.web:
        return Script("")
    return sh("ln -sfnT {{listen}} {{socket}}", listen=target.paths.listen().name, socket=target.paths.socket)
