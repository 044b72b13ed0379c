"""Where values come from on this machine: files, tables, commands; run once, and said nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.env.dotenv import Secret
from slipway.env.sources import Command, Generate, Table, Wanted, gather, literal, literals, outline

HERE = Path("/")


def command(line: str, where: str = "inventory.toml: env.KEY", folder: Path = HERE, timeout: int = 10) -> Command:
    return Command(where, line, folder, timeout)


def gathered(*sources: Table | Command, required: tuple[str, ...] = ()) -> Wanted:
    return gather({"web1": (sources, required)})["web1"]


def revealed(wanted: Wanted) -> dict[str, str]:
    return {name: value.reveal() for name, value in wanted.values.items()}


def test_later_sources_win_and_each_name_knows_where_it_comes_from() -> None:
    wanted = gathered(
        Table("prod.env", {"A": Secret("file"), "B": Secret("file")}),
        command("echo B=command; echo 'C=\"two words\"'", "inventory.toml: env_commands[0]"),
        Table("[env]", {"C": Secret("table"), "D": command("echo d"), "E": Generate(20)}),
    )
    assert revealed(wanted) == {"A": "file", "B": "command", "C": "table", "D": "d"}
    assert wanted.origins == {
        "A": "prod.env",
        "B": "inventory.toml: env_commands[0], a command",
        "C": "[env]",
        "D": "[env], a command",
        "E": "[env], generated",
    }
    assert wanted.generate == {"E": Generate(20)}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("printf 'it'\\''s \"q\" $HOME `x`'", 'it\'s "q" $HOME `x`'),
        ("printf '  blanks  \\n'", "  blanks  "),
        ("printf 'a\\n\\nb\\n\\n'", "a\n\nb"),
        ("printf 'Grüße 世界'", "Grüße 世界"),
    ],
)
def test_what_a_command_prints_is_the_value_but_for_line_ends_at_its_end(line: str, value: str) -> None:
    assert revealed(gathered(Table("[env]", {"KEY": command(line)}))) == {"KEY": value}


def test_a_command_runs_once_for_all_hosts_in_the_folder_of_the_inventory(tmp_path: Path) -> None:
    asked = command("pwd; echo run >> runs", folder=tmp_path)
    each = {name: ((Table("[env]", {"A": asked, "B": asked}),), ()) for name in ("web1", "web2")}
    assert {value.reveal() for one in gather(each).values() for value in one.values.values()} == {str(tmp_path)}
    assert (tmp_path / "runs").read_text() == "run\n"


def test_a_command_that_is_overruled_does_not_run(tmp_path: Path) -> None:
    gathered(Table("[env]", {"A": command("touch ran", folder=tmp_path)}), literal({"A": Secret("1")}))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("echo hidden; exit 3", "inventory.toml: env.KEY: its command ended with exit code 3"),
        ("true", "inventory.toml: env.KEY: its command printed nothing"),
        ("printf '\\377hidden'", "inventory.toml: env.KEY: its command printed something else than UTF-8 text"),
        ("echo hidden; sleep 30", "inventory.toml: env.KEY: its command did not end within 1 s"),
        ("no-such-program-anywhere", "inventory.toml: env.KEY: its command ended with exit code 127"),
    ],
)
def test_a_command_that_fails_is_told_by_its_key_and_without_its_output(
    line: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError) as error:
        gathered(Table("[env]", {"KEY": command(line, timeout=1)}))
    said = capfd.readouterr()
    assert error.value.message == message
    assert "hidden" not in f"{error.value.hint}{said.out}{said.err}"


def test_a_dotenv_text_that_is_none_is_told_without_what_it_holds() -> None:
    with pytest.raises(UsageError, match=r"^here: line 1: is not NAME=value$") as error:
        gathered(command('echo "\'hidden"', "here"))
    assert "hidden" not in str(error.value)


def test_standard_error_of_a_command_is_seen_and_its_output_is_not(capfd: pytest.CaptureFixture[str]) -> None:
    gathered(Table("[env]", {"KEY": command("echo careful >&2; echo hidden")}))
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "careful\n")


def test_without_commands_only_literal_values_are_known() -> None:
    sources = (
        Table("a.env", {"A": Secret("1"), "B": Secret("1")}),
        command("exit 1", "inventory.toml: env_commands[0]"),
        Table("[env]", {"B": command("exit 1"), "C": Generate()}),
    )
    assert literals(sources) == {"A": Secret("1")}
    wanted, whole = outline(sources, ("Z",))
    assert wanted.origins == {"A": "a.env", "B": "[env], a command", "C": "[env], generated"}
    assert (dict(wanted.generate), whole) == ({"C": Generate()}, ["inventory.toml: env_commands[0], a command"])


def test_what_is_no_value_counts_for_the_fingerprint() -> None:
    assert Wanted().marks == ""
    assert Wanted(generate={"K": Generate(50)}, required=("B", "A")).marks == "K:50 A! B!"
