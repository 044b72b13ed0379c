"""Values through real shells, byte for byte; and what a script says of itself."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from slipway.core.shell import (
    PRELUDE,
    Script,
    command_line,
    join,
    put_file,
    python,
    python_from,
    sh,
    write_file,
)
from slipway.env.dotenv import Secret
from slipway.fleet.marked_lines import Line, lines
from slipway.fleet.read_script_result import collect
from slipway.model.outcome import Result
from slipway.remote import program as remote_program

SHELLS = [shell for shell in ("bash", "dash") if shutil.which(shell)]
SPECIAL = "'\"$`\\\n\r\t !*?[]{}()#~-=;&|<>%^:,.aä€𝄞\x01\x02\x7f\x85\u2028\ufeff"
ODD = st.text(st.sampled_from(SPECIAL)) | st.text(st.characters(codec="utf-8", exclude_characters="\0"))
HARD = (
    "",
    "-n",
    "--",
    "-e",
    "\n",
    "\n\n",
    "'",
    "''",
    "'\"'\"'",
    "$(id)",
    "`id`",
    "\\",
    "\\\n",
    "{{name}}",
    "%s",
    "\x01done 1 0",
)

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def run(script: Script | str, shell: str = "bash", stdin: bytes = b"") -> bytes:
    """Output of a script that has to succeed."""
    text = str(script).encode()
    done = subprocess.run([shell, "-c", text], input=stdin, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


def say(script: str, stdin: bytes = b"") -> Result:
    """What is made of a script that runs as on a host."""
    program = f"nonce=5e55101\n{PRELUDE}{script}\n".encode()
    done = subprocess.run(
        ["bash", "-c", program], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    result = collect([*lines([done.stdout], "5e55101"), Line("done", f"1 {done.returncode}")], 1)
    assert result is not None
    return result


@pytest.mark.parametrize("shell", SHELLS)
@given(values=st.lists(ODD, max_size=5))
@example(values=list(HARD))
@quick
def test_text_arrives_byte_for_byte(shell: str, values: list[str]) -> None:
    script = sh("for value in {{values}}; do printf '%s\\0' \"$value\"; done", values=values)
    assert run(script, shell) == b"".join(value.encode() + b"\0" for value in values)


@pytest.mark.parametrize("shell", SHELLS)
@given(value=ODD)
@quick
def test_a_value_is_one_word_wherever_it_stands(shell: str, value: str) -> None:
    script = sh('set -- a{{value}}b {{value}}c\nprintf \'%s\\0\' $# "$1" "$2"', value=value)
    assert run(script, shell) == f"2\0a{value}b\0{value}c\0".encode()


@pytest.mark.parametrize("shell", SHELLS)
@given(content=ODD)
@example(content="no end of line")
@example(content="-n")
@quick
def test_files_hold_their_content_byte_for_byte(shell: str, content: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    run(join([Script("umask 027"), write_file(path, content)]), shell)
    assert path.read_bytes() == content.encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    run(put_file(path, content[::-1]), shell)
    assert path.read_bytes() == content[::-1].encode()


@pytest.mark.parametrize("name", ["-n", "a b", "it's", "$HOME", "new\nline", "ä", "*", "--help"])
@pytest.mark.parametrize("shell", SHELLS)
def test_files_may_have_any_name(shell: str, name: str, tmp_path: Path) -> None:
    run(sh("cd {{folder}}\n{{write}}", folder=tmp_path, write=write_file(name, "content")), shell)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("before")
    path.with_name("file.new").mkdir()
    assert say(str(write_file(path, "after"))).code != 0
    assert path.read_text() == "before"


def test_a_file_does_not_slip_into_a_folder_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    assert say(str(write_file(tmp_path / "file", "content"))).code != 0
    assert list((tmp_path / "file").iterdir()) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
SHOW = "import json, sys\nprint(json.dumps(json.loads(sys.argv[1])))"


@given(options=st.dictionaries(st.text(), JSON, max_size=3))
@example(options={"$(id)": "'; exit 9; '"})
@settings(quick, max_examples=8)
def test_programs_get_their_options(options: dict[str, Any]) -> None:
    assert json.loads(run(python(SHOW, options))) == options


def test_programs_may_hold_anything_that_shells_act_on() -> None:
    program = "print('''$HOME `id` \\\\ \"'\" {{x}} $(id)''')"
    assert run(python(program, {})) == b'$HOME `id` \\ "\'" {{x}} $(id)\n'


def test_programs_run_isolated_and_fail_with_their_exit_code(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('not the real one')")
    script = sh("cd {{folder}}\n{{program}}", folder=tmp_path, program=python("import json, sys; sys.exit(7)", {}))
    result = say(str(script))
    assert (result.code, list(result.tail)) == (7, [])
    assert result.command.startswith("python3 -I -S - ")
    assert "\n" not in result.command


def test_programs_leave_the_payload_alone() -> None:
    assert list(say(f"{python('print(1)', {})}\ntake", b"4\nrest").tail) == ["1", "rest"]


def test_a_text_is_written_as_it_was_sent(tmp_path: Path) -> None:
    text, place = bytes(range(1, 256)) + b"\n\n", tmp_path / "it's a file"
    framed = b"%d\n%b" % (len(text), text)
    assert list(say(f"{sh('take_to {{place}}', place=place)}\ntake", framed + b"4\nrest").tail) == ["rest"]
    assert place.read_bytes() == text
    assert place.stat().st_mode & 0o777 == 0o640
    assert say(f"{sh('take_to {{place}}', place=place)}", b"0\n").code == 0
    assert place.read_bytes() == b""


def test_a_text_that_was_cut_off_fails(tmp_path: Path) -> None:
    assert say(f"{sh('take_to {{place}}', place=tmp_path / 'file')}", b"9\nhalf").code != 0


def test_where_a_link_leads_is_told(tmp_path: Path) -> None:
    (tmp_path / "releases" / "it's r1").mkdir(parents=True)
    (tmp_path / "file").touch()
    for name, place in (("folder", "releases/it's r1"), ("lost", "releases/r0"), ("other", "file")):
        (tmp_path / name).symlink_to(place)
    for name, last in (("folder", "it's r1"), ("lost", "r0"), ("other", "file"), ("none", "")):
        script = sh('follow found {{link}}\nprintf "%s:%s\\n" "$found" "$PWD"', link=tmp_path / name)
        assert list(say(f"cd /\n{script}").tail) == [f"{last}:/"]


def test_options_can_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "it's a file"
    path.write_text('{"a": "$x"}')
    show = f"{remote_program('host.program_io')}\nrun(lambda options: print(json.dumps(options)))"
    assert json.loads(run(python_from(show, path))) == {"a": "$x"}
    more = python_from(show, path, sh("{{json}}", json='{"b": 1}'))
    assert json.loads(run(more)) == {"a": "$x", "b": 1}


def test_paths_numbers_and_lists_are_words() -> None:
    script = sh(
        "echo {{path}} {{number}} {{paths}} {{none}}.",
        path=PurePosixPath("/a b"),
        number=7,
        paths=["c", "d e"],
        none=[],
    )
    assert script.text == "echo '/a b' 7 c 'd e' ."


def test_scripts_are_put_in_as_they_are() -> None:
    assert sh("if {{test}}; then\n{{body}}\nfi", test=Script("true"), body=sh("echo {{x}}", x="$y")).text == (
        "if true; then\necho '$y'\nfi"
    )


def test_placeholders_in_values_stay() -> None:
    assert run(sh("printf %s {{a}}{{b}}", a="{{b}}", b="{{a}}")) == b"{{b}}{{a}}"


def test_blank_lines_around_a_template_go_and_those_of_values_stay() -> None:
    assert sh("\n\necho\n\n").text == "echo"
    assert run(sh("{{x}}", x=Script("printf %s {{}}"))) == b"{{}}"
    assert run(sh("printf %s {{x}}", x="\n")) == b"\n"


@pytest.mark.parametrize("value", ["a\0b", "\0", "half a pair \ud800", PurePosixPath("a\0")])
def test_what_no_script_can_hold_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"NUL|surrogates"):
        sh("echo {{x}}", x=value)


@pytest.mark.parametrize(
    "value", [Secret("s3cret"), b"bytes", None, True, 1.5, {"a": 1}, ["a", Secret("s3cret")], {"a"}]
)
def test_other_types_are_refused_without_telling_the_value(value: Any) -> None:
    with pytest.raises(TypeError) as caught:
        sh("echo {{x}}", x=value)
    assert "s3cret" not in str(caught.value)


def test_a_placeholder_without_a_value_is_refused() -> None:
    with pytest.raises(KeyError, match="missing"):
        sh("echo {{missing}}")


def test_a_value_without_a_placeholder_is_refused() -> None:
    with pytest.raises(ValueError, match="no place in the script for a, c"):
        sh("echo {{b}}", a=1, b=2, c=3)


def test_joined_scripts_each_begin_a_line() -> None:
    parts = [Script("a"), Script(""), Script("b")]
    assert join(parts).text == "a\nb"
    assert (parts[0] + parts[2]).text == "a\nb"


@given(st.lists(ODD, min_size=1, max_size=5))
@quick
def test_command_lines_keep_their_words(words: list[str]) -> None:
    assert run(command_line(["printf", "%s\\0", *words])) == b"".join(word.encode() + b"\0" for word in words)


def test_a_script_tells_steps_facts_and_notes() -> None:
    result = say(
        "fact key 'a value'; note no-cron take care; fact changed nginx; step one; echo out; step two; echo last"
    )
    assert (result.facts, result.notes, result.changed) == ({"key": "a value"}, ["take care [no-cron]"], ["nginx"])
    assert (result.step, list(result.tail), list(result.seconds)) == ("two", ["last"], ["one", "two"])


def test_what_is_told_is_one_line() -> None:
    result = say("fact key $'a\\nb'; note no-cron $'c\\nd'; fail $'e\\nf'")
    assert (result.facts, result.notes, result.reason) == ({"key": "a b"}, ["c d [no-cron]"], "e f")
    assert not result.tail


@pytest.mark.parametrize(
    "script",
    ["fail why", "f() { fail why; }; f", "(fail why)", "x=$(fail why)", "{ fail why; } > /dev/null", "fail why | cat"],
)
def test_fail_stops_with_its_reason_wherever_it_is_called(script: str) -> None:
    result = say(f"{script}; echo after")
    assert (result.code, result.reason, list(result.tail)) == (1, "why", [])


@pytest.mark.parametrize(
    ("script", "code", "command"),
    [
        ("false", 1, "false"),
        ("(exit 7)", 7, "( exit 7 )"),
        ("bash -c 'exit 9'", 9, "bash -c 'exit 9'"),
        ("nosuch a b", 127, "nosuch a b"),
        ("f() { echo x; false; }; f", 1, "false"),
        ("f() { g; }; g() { grep -q x /dev/null; }; f", 1, "grep -q x /dev/null"),
        ("(echo x; cat /nope; echo y)", 1, "cat /nope"),
        ("x=$(false; echo on)", 1, "x=$(false; echo on)"),
        ("{ false; } > /dev/null", 1, "false"),
        ("f() { false; }; f > /dev/null", 1, "false"),
        ("cat < /nope", 1, "cat < /nope"),
        ("ls \\\n  /nope \\\n  /nope2", 2, "ls /nope /nope2"),
        ("cat /nope - <<< hello", 1, "cat /nope - <<< hello"),
        ("cat /nope <<'END'\nmany\nlines\nEND", 1, "cat /nope <<'END'"),
        ("[[ a == b ]]", 1, "[[ a == b ]]"),
        ("((1 > 2))", 1, "((1 > 2))"),
        ("for x in 1 2; do test $x = 1; done", 1, "test $x = 1"),
        ("false | true", 1, "true (exit codes in the pipeline: 1 0)"),
        ("cat /nope | tr a b | (exit 3)", 3, "( exit 3 ) (exit codes in the pipeline: 1 0 3)"),
        ("{ false; echo on; } | cat", 1, "cat (exit codes in the pipeline: 1 0)"),
        ("diff <(echo a) <(echo b) > /dev/null", 1, "diff <(echo a) <(echo b) > /dev/null"),
    ],
)
def test_the_command_that_failed_is_told(script: str, code: int, command: str) -> None:
    result = say(f"step one\n{script}\necho after")
    assert (result.code, result.step, result.command) == (code, "one", command)
    assert "after" not in result.tail


@pytest.mark.parametrize(
    "tolerated",
    [
        "false || true",
        "if false; then :; fi",
        "! true",
        "while false; do :; done",
        "[[ $(readlink /nope) == x ]] || true",
        'echo "$(false)" > /dev/null',
        "x=$(cat /nope) || true",
        "f() { false; true; }; f || true",
        "f() { local x=$(false); }; f",
    ],
)
def test_failures_that_are_meant_are_no_news(tolerated: str) -> None:
    result = say(f"{tolerated}\ncat /nope/either")
    assert result.command == "cat /nope/either"


def test_an_unset_variable_stops_and_is_named() -> None:
    result = say("echo $nope; echo after")
    assert result.code == 1
    assert re.fullmatch(r".*nope: unbound variable", result.tail[-1])


def test_take_gives_each_part_of_the_payload() -> None:
    parts = [b"one\n", b"", b"two\nlines without an end", bytes(range(256))]
    framed = b"".join(b"%d\n%b" % (len(part), part) for part in parts)
    program = f"{PRELUDE}for _ in 1 2 3 4; do take | od -An -v -tx1 | tr -d ' \\n'; echo; done"
    done = subprocess.run(["bash", "-c", program], input=framed, capture_output=True, check=True)
    assert [bytes.fromhex(line) for line in done.stdout.decode().splitlines()] == parts


def test_taking_what_was_not_sent_fails() -> None:
    assert say("take > /dev/null; echo after").code == 1


def test_scripts_begin_with_a_safe_mask_and_an_even_language() -> None:
    assert list(say('umask; echo "$LC_ALL"').tail) == ["0027", "C.UTF-8"]


def test_the_prelude_needs_no_other_programs() -> None:
    result = say("PATH=/nope; step one; fact a b; note no-cron c; x='it'; false")
    assert (result.step, result.facts, result.notes, result.command) == ("one", {"a": "b"}, ["c [no-cron]"], "false")
