"""`fab doctor` as a person reads it."""

from __future__ import annotations

from slipway.doctor.finding import Finding
from slipway.output.doctor import findings_table

OK = Finding("web1", "ssh", "ok", "login as deploy")
WARNING = Finding("web1", "swap", "warning", "0 MiB of swap", "Make one.")
FAILED = Finding("here", "DNS", "failed", "shop.test has no address", "Add a record.")


def test_what_failed_comes_first_with_its_remedy_and_what_is_well_is_counted() -> None:
    assert findings_table([OK, WARNING, FAILED]) == [
        "failed    here, DNS: shop.test has no address",
        "          → Add a record.",
        "warning   web1, swap: 0 MiB of swap",
        "          → Make one.",
        "",
        "3 checks: 1 failed, 1 warning, 1 ok (--verbose shows these, too)",
    ]


def test_what_is_well_is_shown_where_it_is_wanted() -> None:
    assert findings_table([OK], verbose=True)[0] == "ok        web1, ssh: login as deploy"
    assert findings_table([OK]) == ["all is well: 1 check passed"]


def test_lines_fit_a_terminal() -> None:
    long = Finding("web1", "app", "failed", "word " * 40, "and " * 40)
    lines = findings_table([long], width=80)
    assert max(map(len, lines)) <= 80
    assert sum("word" in line for line in lines) > 1
