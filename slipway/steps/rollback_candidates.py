"""Lists the releases of a host that a rollback can go back to, and which were left by a rollback before."""

from __future__ import annotations

from slipway.core.shell import sh
from slipway.inventory import Host
from slipway.model.layout import Layout
from slipway.model.rollback_target import RollbackTarget, facts
from slipway.model.step import Record, Step
from slipway.render.site_fits_release import demand_of_release
from slipway.steps.stored_overrides import TELL_HIDDEN
from slipway.steps.survey import recover

BACK, LEFT = "back-release", "left-release"


def look(host: Host, layout: Layout) -> Step:
    """Recover from an interrupted operation, and report what there is.

    Facts: `current`, `whole`, `left`, `applied.ID` (the migrations that came with a release), and `applied.now` (those
    that the database has).
    """
    return Step(
        "rollback-candidates",
        "look at the releases",
        sh(
            """
{{recover}}
follow current {{current}}
fact current "$current"
whole='' left=''
cd {{releases}}
for file in $(ls -tr */release.json 2> /dev/null || true); do
  folder=${file%/*}
  whole+="$folder "
  [[ ! -e $folder/left ]] || left+="$folder "
  [[ ! -s $folder/migrations.json ]] || fact "applied.$folder" "$(< "$folder/migrations.json")"
done
[[ ! -s {{applied}} ]] || fact applied.now "$(< {{applied}})"
fact whole "$whole"
fact left "$left\"""",
            recover=recover(host, layout),
            current=layout.current,
            releases=layout.releases,
            applied=layout.applied,
        ),
    )


def check(back: RollbackTarget) -> Step:
    """See that visitors can reach the release: that nginx serves a name that it was made for."""
    script = demand_of_release(back.host, back.layout, back.paths.nginx)
    return Step("names", "compare the names with those that nginx serves", script)


def compare(back: RollbackTarget) -> Step:
    """Report what the release that comes back is, and the one that is left; their environments for us alone.

    The facts BACK and LEFT are their release.json; what is hidden under these names, their environments if they differ.
    """
    script = sh(
        """
{{function}}
! [[ -s {{facts}} ]] || fact {{back}} "$(< {{facts}})"
! [[ -s {{left_facts}} ]] || fact {{left}} "$(< {{left_facts}})"
if [[ -r {{env}} && -r {{left_env}} ]] && ! cmp -s {{env}} {{left_env}}; then
  tell_hidden {{back}} < {{env}}
  tell_hidden {{left}} < {{left_env}}
fi""",
        function=TELL_HIDDEN,
        back=BACK,
        left=LEFT,
        facts=back.paths.facts,
        left_facts=back.leaving.paths.facts,
        env=back.paths.env,
        left_env=back.leaving.paths.env,
    )
    return Step("compare", "compare with the release that is left", script)


def history(back: RollbackTarget) -> Record:
    """The history line of a rollback."""
    return Record(back.layout.history, facts(back))
