"""After the decision: the releases that are no longer needed go, with all that only they used."""

from __future__ import annotations

from slipway.shell import sh
from slipway.step import Step, Target
from slipway.steps.common import remote, supervisor


def retire(target: Target) -> Step:
    """Drain and stop whatever is neither the current release nor its standby; do not wait for slow requests."""
    options = {
        "supervisor": supervisor(target),
        "base": str(target.layout.base),
        "folder": str(target.layout.programs),
        "standby": target.app.standby,
        "wait": 0,
    }
    return Step("retire", "stop old processes", remote("strays", options))


def prune(target: Target) -> Step:
    """Delete old releases, never current or previous, and the venvs, static files and logs that nobody uses any more."""
    return Step(
        "prune",
        "delete old releases",
        sh(
            """
cd {{base}}
kept=" $(ls -1 releases | sort -r | head -n {{keep}} | tr '\\n' ' ')$(basename -a "$(readlink current)" "$(readlink standby || echo -)" | tr '\\n' ' ')"
for release in releases/*/; do
  id=$(basename "$release")
  [[ $kept == *" $id "* ]] && continue
  rm -rf "releases/$id" "env/$id.env" log/*."$id".log*
  git --git-dir=repo.git update-ref -d "refs/slipway/$id"
done
used=" $(for link in releases/*/venv releases/*/public; do readlink "$link" || true; done | xargs -r -n 1 basename | tr '\\n' ' ')"
for folder in venvs/*/ static/*/; do
  [[ -d $folder ]] || continue
  [[ $used == *" $(basename "$folder") "* ]] || rm -rf "$folder"
done
git --git-dir=repo.git -c gc.autoDetach=false gc --auto --quiet || true""",
            base=target.layout.base,
            keep=target.app.keep,
        ),
    )
