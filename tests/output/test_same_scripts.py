"""Which scripts are the same but for values, and how long programs in them are folded."""

from __future__ import annotations

import pytest

from slipway.core.shell import python
from slipway.output.same_scripts import fold, own_values, variants
from slipway.remote import program


def test_the_same_script_is_shown_once_for_all_its_hosts() -> None:
    (variant,) = variants({"web1": "true", "web2": "true"})
    assert (variant.hosts, variant.text, variant.instead) == (["web1", "web2"], "true", {})


def test_values_of_their_own_are_told_for_each_other_host() -> None:
    texts = {f"web{n}": f"cd /srv/hello\nask 10.0.0.{n}:80 --name=web{n}\nask 10.0.0.{n}:80 again" for n in (1, 2, 3)}
    (variant,) = variants(texts)
    assert variant.text == texts["web1"]
    assert variant.instead == {
        "web2": [("10.0.0.1:80", "10.0.0.2:80"), ("web1", "web2")],
        "web3": [("10.0.0.1:80", "10.0.0.3:80"), ("web1", "web3")],
    }


def test_scripts_that_do_something_else_are_shown_apart() -> None:
    found = variants({"web1": "code\nmigrate", "web2": "code", "web3": "code"})
    assert [variant.hosts for variant in found] == [["web1"], ["web2", "web3"]]


@pytest.mark.parametrize(
    ("ours", "theirs", "values"),
    [
        ("same", "same", []),
        ("workers 2", "workers 4", [("2", "4")]),
        # Not everywhere: then it is the whole line that differs.
        ("workers 2\nexec 2>&1", "workers 4\nexec 2>&1", [("workers 2", "workers 4")]),
        ("domains a.org", "domains a.org b.org", [("domains a.org", "domains a.org b.org")]),
        ("a\na", "a\nb", None),
        ("rm one", "find -delete | cat", None),
        ("a", "a\nb", None),
        ("\n".join("abcdefghijklmn"), "\n".join("ABCDEFGHIJKLMN"), None),
    ],
)
def test_own_values_make_one_text_the_other(ours: str, theirs: str, values: list[tuple[str, str]] | None) -> None:
    assert own_values(ours, theirs) == values


def test_a_program_is_folded_to_its_name() -> None:
    script = python(program("web.ask_health_url"), {"url": "/healthz"}).text
    lines = len(program("web.ask_health_url").strip("\n").splitlines())
    text = f"step ask\n{script}\necho after\n{script}"
    line = (
        'SLIPWAY_NONCE=${nonce-} python3 -I -S - \'{"url": "/healthz"}\' '
        f"<<'SLIPWAY_PROGRAM' ... (slipway/remote/web/ask_health_url.py, {lines} lines; --verbose shows it)"
    )
    assert fold(text) == f"step ask\n{line}\necho after\n{line}"


def test_a_program_of_somebody_else_is_folded_without_a_name() -> None:
    text = "python3 - <<'SLIPWAY_PROGRAM'\nprint(1)\nprint(2)\nSLIPWAY_PROGRAM"
    assert fold(text) == "python3 - <<'SLIPWAY_PROGRAM' ... (2 lines; --verbose shows it)"


def test_verbose_leaves_programs_in() -> None:
    text = python(program("web.ask_health_url"), {}).text
    (variant,) = variants({"web1": text}, whole=True)
    assert variant.text == text
