"""Values reach a process byte for byte, and are shown nowhere on the way."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import re
import shutil
import subprocess
import traceback
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.pretty import pprint

from slipway.core.errors import UsageError
from slipway.env.dotenv import SIZE_LIMIT, Redacted, Secret, check_name, digest, load_file, parse, read, render

SHELLS = tuple(shell for shell in ("dash", "bash", "sh", "busybox") if shutil.which(shell))
DUMP = """. "$1"; exec env -0"""
# bash(1), "Shell Variables", without those that a locale or a path must be valid for; dash(1) has fewer.
SPECIAL = re.findall(
    r"\w+",
    """
    BASH BASHOPTS BASHPID BASH_ALIASES BASH_ARGC BASH_ARGV BASH_ARGV0 BASH_CMDS BASH_COMMAND
    BASH_COMPAT BASH_ENV BASH_LINENO BASH_REMATCH BASH_SOURCE BASH_SUBSHELL BASH_VERSINFO
    BASH_VERSION BASH_XTRACEFD CDPATH CHILD_MAX COLUMNS COMPREPLY COPROC DIRSTACK EMACS ENV
    EPOCHREALTIME EPOCHSECONDS EUID FCEDIT FUNCNAME FUNCNEST GLOBIGNORE GROUPS HISTCMD HISTFILE
    HISTSIZE HOME HOSTNAME HOSTTYPE IFS LANG LINENO LINES LOGNAME MACHTYPE MAIL MAILCHECK MAPFILE
    OLDPWD OPTARG OPTERR OPTIND OSTYPE PATH PIPESTATUS POSIXLY_CORRECT PPID PS1 PS4 PWD RANDOM REPLY
    SECONDS SHELL SHELLOPTS SHLVL SRANDOM TERM TIMEFORMAT TMOUT TMPDIR TZ UID USER _
    """,
)

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True).filter(lambda name: not check_name(name))
values = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)


def sourced(shell: str, file: Path, locale: str = "C.UTF-8") -> dict[bytes, bytes]:
    """The environment of a process that a shell starts after it sourced a file."""
    argv = [shell, *(["sh"] if shell == "busybox" else []), "-c", DUMP, shell, str(file)]
    path = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": locale}
    done = subprocess.run(argv, env=path, capture_output=True, check=True)
    assert done.stderr == b""
    return dict(line.split(b"=", 1) for line in done.stdout.split(b"\0") if line)


def secrets(**values: str) -> dict[str, Secret]:
    return {name: Secret(value) for name, value in values.items()}


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=80, deadline=None)
@given(st.dictionaries(names, values, max_size=6))
@example({"AWKWARD": 'it\'s "q" $HOME `id` $(id) \\ \\n\n\t\r !! # ~ * \x01\x7f\x81 ü 漢 🚢\n\n', "EMPTY": ""})
def test_a_real_shell_brings_every_value_byte_for_byte(
    shell: str, tmp_path_factory: pytest.TempPathFactory, given_values: dict[str, str]
) -> None:
    file = tmp_path_factory.mktemp("env") / "app.env"
    file.write_bytes(render(secrets(**given_values)))
    for locale in ("C", "C.UTF-8"):
        got = sourced(shell, file, locale)
        for name, value in given_values.items():
            assert got[name.encode()] == value.encode()


@given(st.dictionaries(names, values, max_size=6))
@example({"A": "it's\nexport B='x'\n", "C": "'", "D": "'\\''\n"})
def test_what_is_rendered_is_read_again(given_values: dict[str, str]) -> None:
    assert read(render(secrets(**given_values))) == secrets(**given_values)


@pytest.mark.parametrize("shell", SHELLS)
def test_names_that_a_shell_keeps_for_itself_are_refused(shell: str, tmp_path: Path) -> None:
    """Every variable that a shell gives a meaning to is either refused or really takes our value."""
    for name in SPECIAL:
        if check_name(name):
            continue
        file = tmp_path / "app.env"
        value = "/usr/local/bin:/usr/bin:/bin" if name == "PATH" else "our's own"
        file.write_bytes(render({name: Secret(value)}))
        assert sourced(shell, file).get(name.encode()) == value.encode(), name


@pytest.mark.parametrize(
    "name",
    [
        "1A",
        "A-B",
        "",
        "A B",
        "A=B",
        "É",
        "A\n",
        "SLIPWAY_RELEASE",
        "SOCKET",
        "UID",
        "_",
        "BASH_ENV",
        "RANDOM",
    ],
)
def test_a_name_that_cannot_be_set_is_refused(name: str) -> None:
    assert check_name(name)
    with pytest.raises(UsageError):
        render({name: Secret("x")})


def test_the_file_is_sorted_and_the_same_each_time() -> None:
    assert render(secrets(B="2", A="1")) == render(secrets(A="1", B="2")) == b"export A='1'\nexport B='2'\n"
    assert render({}) == b""


@pytest.mark.parametrize(
    ("value", "said"),
    [("a\0hidden", "NUL"), ("hidden\udc80", "Unicode"), ("hidden" * SIZE_LIMIT, "longer than Linux takes")],
)
def test_what_no_environment_can_hold_is_refused_without_showing_it(value: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        render({"TOKEN": Secret(value)})
    assert "TOKEN" in str(caught.value)
    assert "hidden" not in "".join(traceback.format_exception(caught.value))


def test_the_longest_value_that_linux_takes_is_taken(tmp_path: Path) -> None:
    value = "x" * (SIZE_LIMIT - len("A") - 2)
    (tmp_path / "app.env").write_bytes(render({"A": Secret(value)}))
    assert sourced("sh", tmp_path / "app.env")[b"A"] == value.encode()


def test_a_secret_is_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret("hunter2")
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("%s %r", secret, secret)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r:>20}", "%s" % secret, caplog.text]  # noqa: UP031
    shown += [repr({"a": secret}), repr([secret]), str(dir(secret)), repr(getattr(secret, "__dict__", ""))]
    assert not [text for text in shown if "hunter2" in text]
    assert f"{secret:>5}" == "  ***"
    assert secret.reveal() == "hunter2"


class Note(Redacted, frozen=True):
    UNSHOWN = frozenset({"content"})

    name: str
    content: bytes = b""


def test_plain_data_leaves_out_what_is_not_to_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    note = Note("one", b"hunter2")
    assert repr(note) == f"{note}" == "Note(name='one')"
    pprint(note)
    assert capsys.readouterr().out == "Note(name='one')\n"
    assert note != Note("one")
    assert hash(note) == hash(Note("one", b"hunter2"))


def test_a_secret_cannot_leave_by_serialising() -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(Secret("hunter2"), protocol)
    with pytest.raises(TypeError):
        json.dumps({"a": Secret("hunter2")})


def test_a_secret_is_not_in_the_locals_of_a_traceback() -> None:
    def fail(value: Secret) -> None:
        raise RuntimeError(f"no such user {value}")

    with pytest.raises(RuntimeError) as caught:
        fail(Secret("hunter2"))
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "***" in "".join(shown.format())
    assert not [frame for frame in shown.stack if frame.name == "fail" and "hunter2" in str(frame.locals)]


def test_secrets_compare_by_value_and_can_be_copied() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert {Secret("a"), Secret("a")} == {copy.deepcopy(Secret("a"))}
    assert Secret("a")
    assert not Secret("")


def test_a_digest_shows_any_change_and_nothing_else() -> None:
    base = digest(secrets(A="1", B="2"), "hello")
    assert base == digest(secrets(B="2", A="1"), "hello")
    others = [secrets(A="1", B="3"), secrets(A="1"), secrets(A="1", C="2"), secrets(A="12", B="")]
    assert len({base, *(digest(other, "hello") for other in others), digest(secrets(A="1", B="2"), "other")}) == 6
    assert len(base) == 32


def dotenv(tmp_path: Path, content: str) -> Path:
    file = tmp_path / "prod.env"
    file.write_bytes(content.encode())
    return file


def revealed(values: dict[str, Secret]) -> dict[str, str]:
    return {name: value.reveal() for name, value in values.items()}


def test_a_dotenv_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    content = """\
# a comment
PLAIN=one two  # and a comment
export QUOTED="three \\"four\\""
SINGLE='$HOME ${PLAIN} \\n #'
URL=postgres://u:p$5@db/x?y=1&z=2

MANY="first
second"
EMPTY=
PLAIN=again
UMLAUT="ü"
"""
    assert revealed(load_file(dotenv(tmp_path, content), "prod.env")) == {
        "PLAIN": "again",
        "QUOTED": 'three "four"',
        "SINGLE": "$HOME ${PLAIN} \\n #",
        "URL": "postgres://u:p$5@db/x?y=1&z=2",
        "MANY": "first\nsecond",
        "EMPTY": "",
        "UMLAUT": "ü",
    }


def test_a_dotenv_file_of_windows_is_read_too(tmp_path: Path) -> None:
    assert revealed(load_file(dotenv(tmp_path, "\ufeffA=1\r\nB='2'\r\n"), "x")) == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "A=1\n\nJUST_A_NAME\n",
            "prod.env: line 3: has no value",
        ),
        ("A=1\n'B=hidden\n", "prod.env: line 2: is not NAME=value"),
        ("A=1\n\n\nSLIPWAY_APP=hidden\n", "prod.env: line 4: SLIPWAY_APP is reserved"),
        ("A-B=hidden\n", "prod.env: line 1: what stands before = is not a name"),
        ('A="hidden\n', "prod.env: line 1: is not NAME=value"),
    ],
)
def test_a_wrong_line_is_named_without_its_value(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_file(dotenv(tmp_path, content), "prod.env")
    assert str(caught.value).startswith(said)
    assert "hidden" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^prod\.env: cannot be read \(No such file or directory\)$"):
        load_file(tmp_path / "absent", "prod.env")
    (tmp_path / "latin").write_bytes(b"A=\xfc\n")
    with pytest.raises(UsageError, match=r"^latin: is not UTF-8 text$"):
        load_file(tmp_path / "latin", "latin")


PEM = """-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj
+sT/zm==
dGhpcyBpcyBhIHNlY3JldA==
-----END PRIVATE KEY-----
"""


@pytest.mark.parametrize("first", ["", "KEY="])
@pytest.mark.parametrize(
    "text", ["mysecret", "my-secret-x=1", "pass word", "dGhpcyBpcyBhIHNlY3JldA==", "dGhpcyBpcyBhIHNlY3JldDE=", PEM]
)
def test_a_line_that_is_no_assignment_is_never_shown(first: str, text: str) -> None:
    if first and "\n" not in text:
        return
    with pytest.raises(UsageError) as caught:
        parse(f"A=1\n{first}{text}\n".encode(), "standard input")
    said = caught.value.message + caught.value.hint
    assert re.match(r"standard input: line \d: ", said)
    for line in text.splitlines():
        for part in re.split(r"\W+", line):
            assert part in ("", "1", "BEGIN", "PRIVATE", "KEY", "END") or part not in said


def test_names_that_are_reserved_are_named() -> None:
    with pytest.raises(UsageError, match="line 1: UID cannot be set"):
        parse(b"UID=1\n", "prod.env")
