"""Plans: which phases there are, in which order, and who has a part in them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from slipway.model.rollback_target import RollbackTarget
from slipway.model.step import Plan, Target
from slipway.model.switch_groups import Strategy
from slipway.operations import plans
from slipway.steps import oneoff_tasks
from tests.steps.targets import WHEN, target


def shape(made: Plan) -> list[tuple[str, list[str]]]:
    return [(phase.name, list(phase.steps)) for phase in made.phases]


def fleet(count: int = 4) -> list[Target]:
    return [target(f"web{number}", leader=number == 1) for number in range(1, count + 1)]


def test_a_deploy_prepares_everywhere_before_it_switches_anywhere() -> None:
    everywhere = ["web1", "web2"]
    assert shape(plans.deploy(fleet(2))) == [
        ("survey", everywhere),
        ("prepare", everywhere),
        ("migrate", ["web1"]),
        ("boot", everywhere),
        ("switch", everywhere),
        ("commit", everywhere),
        ("finish", everywhere),
    ]


def test_a_deploy_of_what_is_there_already_ends_with_the_survey_unless_it_is_wanted_again() -> None:
    settling = plans.deploy(fleet(1), again=False).phases[0]
    assert ([step.name for step in settling.steps["web1"]], settling.settles) == (["survey", "same"], "same")
    assert [phase.settles for phase in plans.deploy(fleet(1), again=True).phases if phase.settles] == []


def test_what_begins_before_all_hosts_are_connected_only_looks() -> None:
    hosts = [target.host for target in fleet(2)]
    order = oneoff_tasks.OneOffCommand("true", "ann@laptop", WHEN)
    looks = [
        plans.deploy(fleet(2)),
        plans.look_for_candidates(hosts),
        plans.status(hosts),
        plans.records(hosts),
        plans.tasks(hosts, 1),
    ]
    acts = [plans.one_off(hosts, order), plans.command(hosts, order), plans.task_stop(hosts, "a", "ann@laptop")]
    assert [[phase.early for phase in made.phases].count(True) for made in looks] == [1] * len(looks)
    assert all(made.phases[0].early and not step.payload for made in looks for step in made.phases[0].steps["web1"])
    assert [phase.name for made in acts for phase in made.phases if phase.early] == []


def test_only_what_follows_the_decision_is_final() -> None:
    assert [phase.name for phase in plans.deploy(fleet(2)).phases if phase.final] == ["finish"]


def test_the_journal_is_opened_before_anything_is_changed() -> None:
    prepare = plans.deploy(fleet(1)).phases[1]
    assert prepare.steps["web1"][0].name == "journal"


def test_with_sqlite_every_host_migrates_its_own_database() -> None:
    targets = [target("web1", sqlite=True), target("web2", leader=False, sqlite=True)]
    assert ("migrate", ["web1", "web2"]) in shape(plans.deploy(targets))


def test_a_phase_in_which_there_is_nothing_to_do_is_left_out() -> None:
    assert "migrate" not in dict(shape(plans.deploy([target(migrate=False)])))


def test_a_rolling_deploy_switches_batch_after_batch_and_asks_between() -> None:
    names = shape(plans.deploy(fleet(4), Strategy("rolling", "50%")))
    assert names[4:9] == [
        ("switch-1", ["web1", "web2"]),
        ("watch-1", ["web1", "web2"]),
        ("switch-2", ["web3", "web4"]),
        ("commit", ["web1", "web2", "web3", "web4"]),
        ("finish", ["web1", "web2", "web3", "web4"]),
    ]


def test_a_canary_goes_first_and_all_others_follow_together() -> None:
    names = dict(shape(plans.deploy(fleet(4), Strategy("canary", "1"))))
    assert (names["switch-1"], names["switch-2"]) == (["web1"], ["web2", "web3", "web4"])


def test_a_person_is_asked_before_each_batch_but_the_first() -> None:
    made = plans.deploy(fleet(3), Strategy("rolling", "1", ask=True))
    assert [(phase.name, phase.question) for phase in made.phases if phase.question] == [
        ("switch-2", "Go on with web2?"),
        ("switch-3", "Go on with web3?"),
    ]


def test_a_rollback_builds_nothing() -> None:
    back = RollbackTarget(target().host, "20261119-090000-bbb2222", "20261120-131502-abc1234", "ann@laptop", WHEN)
    assert [name for name, _ in shape(plans.rollback([back]))] == ["boot", "switch", "commit", "finish"]


def test_migrations_are_checked_before_anything_boots_and_taken_back_before_the_switch() -> None:
    host = target().host
    back = RollbackTarget(
        host, "20261119-090000-bbb2222", "20261120-131502-abc1234", "a@b", WHEN, {"default": ["shop.0002_more"]}
    )
    names = [name for name, _ in shape(plans.rollback([back]))]
    assert names == ["check-back", "boot", "migrate-back", "switch", "commit", "finish"]


def test_every_host_remembers_the_deploy_and_who_was_left_out() -> None:
    made = plans.deploy(fleet(2), skipped=["web9"])
    assert {name: record.facts["skipped"] for name, record in made.records.items()} == {
        "web1": ["web9"],
        "web2": ["web9"],
    }


def test_what_is_there_already_is_found_out_without_jinja(root: Path) -> None:
    text = (
        "import sys; from slipway.operations import plans; from slipway.model.step import compose\n"
        "from tests.steps.targets import target\n"
        "survey, prepare, *_ = plans.deploy([target()], again=False).phases\n"
        "compose(survey.steps['web1']); print(list(prepare.steps), 'jinja2' in sys.modules)\n"
        "compose(prepare.steps['web1']); print('jinja2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", text], cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout == "['web1'] False\nTrue\n", done.stderr
