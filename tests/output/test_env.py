"""Tables of environment and scale."""

from __future__ import annotations

from datetime import datetime, timezone
from textwrap import dedent

from slipway.model.stored_overrides import Count
from slipway.operations.compare_env import Difference, Variable
from slipway.output.env import differences_table, scale_table, variables_table
from slipway.output.json_output import to_json

NOW = datetime(2026, 11, 20, 13, 18, 2, tzinfo=timezone.utc)
WHEN = "2026-11-20T13:15:02.000000+00:00"
SET = Variable("DEBUG", "env.set", "overrules [env]", True, "ann@laptop", WHEN)
MISSING = Variable("NEEDED", "", "required, and missing", False)


def drawn(text: str) -> list[str]:
    return dedent(text).strip("\n").splitlines()


def test_a_name_is_told_once_with_the_hosts_where_it_is_different() -> None:
    found = {"web1": [SET, Variable("LANG", "[env]")], "web2": [MISSING, Variable("LANG", "[env]")]}
    assert variables_table(found, now=NOW) == drawn("""
        name    value  from     by          when       note                   only on
        DEBUG   ***    env.set  ann@laptop  3 min ago  overrules [env]        web1
        LANG    ***    [env]
        NEEDED                                         required, and missing  web2
    """)
    assert variables_table({"web1": []}) == ["the environment is empty"]


def test_the_same_as_data() -> None:
    assert '"name":"DEBUG","origin":"env.set","state":"overrules [env]","runs":true' in to_json([SET], compact=True)


def test_differences() -> None:
    rows = [
        Difference("A", "added", ("web1", "web2")),
        Difference("A", "differs", ("web1", "web2, web3")),
        Difference("B", "changed", ("web1", "web2", "web3")),
    ]
    assert differences_table(rows, ["web1", "web2", "web3"]) == drawn("""
        name  change   on
        A     added    web1, web2
        A     differs  web1 | web2, web3
        B     changed  all
    """)
    assert differences_table([], ["web1"]) == ["the environment of every host is what a deploy would bring"]


def test_scale() -> None:
    found = {"web1": {"web": (4, 2, Count(4, "ann@laptop", WHEN)), "mails": (1, 1, None)}}
    assert scale_table(found, now=NOW) == drawn("""
        host  process  count  inventory  by          when
        web1  web          4          2  ann@laptop  3 min ago
        web1  mails        1          1
    """)
