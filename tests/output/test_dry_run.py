"""What `--dry` prints."""

from __future__ import annotations

from textwrap import dedent

from msgspec.structs import replace

from slipway.core.shell import Script
from slipway.model.step import Phase, Plan, Step
from slipway.output.colours import PAINT, Style
from slipway.output.dry_run import dry, show
from slipway.output.operation_words import Headings
from slipway.output.terminal import Terminal
from tests.output.plans import Pipe, deploy


def secret(facts: object) -> bytes:
    raise AssertionError("a payload must not be made to be shown")


PLAN = Plan(
    "deploy",
    (
        Phase(
            "prepare",
            "Prepare the release",
            {
                host: (
                    Step("env", "write the environment", Script(f"take > /srv/{host}/env"), payload=secret),
                    Step("venv", "build the venv", Script("uv sync\nuv check")),
                )
                for host in ("web1", "web2", "web3")
            },
        ),
        Phase("migrate", "Migrate", {"web1": (Step("migrate", "run migrations", Script("migrate it")),)}),
        Phase(
            "finish",
            "Finish",
            {
                "web1": (Step("prune", "delete old releases", Script("rm one")),),
                "web2": (Step("prune", "delete old releases", Script("rm one")),),
                "web3": (Step("prune", "delete old releases", Script("find -delete | cat")),),
            },
            final=True,
        ),
    ),
)


def test_a_dry_run_word_for_word() -> None:
    expected = """
        deploy of 20261120-131502-abc1234 "Fix the form" on web1, web2, web3: nobody was contacted

        phase                      step     what it does                                             on
        1 Prepare the release      env      write the environment (reads data that is sent with it)  all
                                   venv     build the venv                                           all
        2 Migrate                  migrate  run migrations                                           web1 (leads)
        3 Finish (undoes nothing)  prune    delete old releases                                      all

        Every host ends a phase before any host begins the next. A failure puts all hosts back.

        # == 1 Prepare the release: web1, web2, web3
        #    web2 has web2 for web1
        #    web3 has web3 for web1
        # -- write the environment; reads data that is sent with it
        step env
        take > /srv/web1/env
        # -- build the venv
        step venv
        uv sync
        uv check

        # == 2 Migrate: web1
        # -- run migrations
        step migrate
        migrate it

        # == 3 Finish: web1, web2
        # -- delete old releases
        step prune
        rm one

        # == 3 Finish: web3
        # -- delete old releases
        step prune
        find -delete | cat
        """
    lines = dry(Headings(PLAN, "20261120-131502-abc1234", "Fix the form"))
    assert lines == dedent(expected).strip("\n").splitlines()


def test_the_first_lines_say_which_commit_comes_and_that_a_real_deploy_says_from_which() -> None:
    commit = "abc1234def5678900000000000000000000000ff"
    told = dry(Headings(PLAN, "20261120-131502-abc1234", "Fix the form", commit=commit))
    assert told[1:4] == [
        "It would bring commit abc1234def56. Only the hosts know which commit runs: a real deploy says",
        "from which one to which one each host goes, and stops before any change if that takes commits back unasked.",
        "",
    ]
    dirty = dry(Headings(PLAN, "20261120-131502-abc1234-dirty", commit=commit))
    assert dirty[1].startswith("It would bring commit abc1234def56 with uncommitted work.")
    other = replace(PLAN, operation="rollback")
    assert dry(Headings(other, "20261120-131502-abc1234", commit=commit))[1] == ""


def test_verbose_shows_what_stands_before_every_script() -> None:
    lines = dry(Headings(PLAN), verbose=True)
    at = lines.index("# == Before every script")
    assert lines[at + 1] == "set -Eeuo pipefail"


def test_many_hosts_are_counted_where_all_of_them_are_meant() -> None:
    hosts = [f"web{number:02}" for number in range(40)]
    lines = dry(Headings(deploy(*hosts)))
    assert "# == 1 Look at the hosts: all 40 hosts" in lines
    assert "# == 3 Migrate: web00" in lines


def test_what_only_the_hosts_know_is_said_to_be_missing() -> None:
    surveyed = replace(PLAN, phases=(replace(PLAN.phases[0], revise=lambda told, facts: None), *PLAN.phases[1:]))
    said = "What the hosts keep goes into it, too: `fab env` and `fab scale` show that."
    assert said in dry(Headings(surveyed))
    assert said not in dry(Headings(PLAN))


def test_colours_are_for_terminals() -> None:
    painted = dry(Headings(PLAN), style=Style(colour=True))
    assert [PAINT.sub("", line).rstrip() for line in painted] == dry(Headings(PLAN))
    pipe = Pipe()
    show(PLAN, to=Terminal(pipe))
    assert pipe.getvalue().splitlines() == dry(Headings(PLAN))
