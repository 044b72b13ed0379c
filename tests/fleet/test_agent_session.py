"""Sessions over a real sshd: scripts, payloads, locks, and connections that break."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slipway.core.shell import Script, sh
from slipway.fleet import agent_session as module
from slipway.fleet.agent_options import deploying
from slipway.fleet.agent_session import AgentOptions, Busy, Lost, NotProvisioned, Refused, Session
from slipway.fleet.ssh_connect import connect
from slipway.model.outcome import TAIL
from tests.fleet.agent import eventually, running
from tests.fleet.sshd import Sshd, children

Open = Callable[..., Session]
Servers = Callable[..., Sshd]


def agent_options(folder: Path, owner: str = "me", silence: int = 30) -> AgentOptions:
    return AgentOptions(str(folder / "lock"), str(folder / "undo"), owner, silence=silence)


def journal(folder: Path) -> Path:
    """Leave a journal; the file that shows that it was run."""
    (folder / "undo").write_text(f"touch {folder}/undone; rm {folder}/undo\n")
    return folder / "undone"


def in_background(session: Session, script: str) -> ThreadPoolExecutor:
    pool = ThreadPoolExecutor(1)
    pool.submit(session.run, Script(script))
    return pool


def test_a_script_runs_with_the_prelude_and_reports(server: Sshd, sessions: Open) -> None:
    result = sessions(server.host()).run(
        sh("step one\nfact answer 42\nnote no-cron beware\necho {{text}}\nfalse\necho after", text="it's $HOME")
    )
    assert (result.code, result.step, result.command) == (1, "one", "false")
    assert (result.facts, result.notes, list(result.tail)) == ({"answer": "42"}, ["beware [no-cron]"], ["it's $HOME"])


def test_payload_parts_are_taken_in_order(server: Sshd, sessions: Open) -> None:
    script = Script("take | tr a-z A-Z; echo; take > /dev/null; echo then $(take)")
    result = sessions(server.host()).run(script, b"3\nabc0\n4\nlast")
    assert list(result.tail) == ["ABC", "then last"]


def test_large_payloads_are_not_slow(server: Sshd, sessions: Open) -> None:
    session = sessions(server.host())
    started = time.monotonic()
    result = session.run(Script("wc -c"), b"x" * 20_000_000)
    assert list(result.tail) == ["20000000"]
    assert time.monotonic() - started < 10


def test_a_chatty_script_costs_no_memory(server: Sshd, sessions: Open) -> None:
    heard = 0

    def hear(kind: str, text: str) -> None:
        nonlocal heard
        heard += kind == "line"

    result = sessions(server.host()).run(Script("seq 1000000"), hear=hear)
    assert (result.code, len(result.tail)) == (0, TAIL)
    assert 0 <= heard - 1_000_000 < 10  # the agent's sign of life may come within a line, and part it


def test_a_script_takes_a_few_milliseconds(server: Sshd, sessions: Open) -> None:
    session = sessions(server.host())
    times = []
    for _ in range(10):
        started = time.monotonic()
        session.run(Script("true"), b"payload")
        times.append(time.monotonic() - started)
    assert min(times) < 0.03


NOISE = """
echo welcome; echo "to this host" >&2; printf 'no end of line'
printf '\\001ready like this\\n\\001busy me not\\n'
PROMPT_COMMAND='echo prompt'; set -o noclobber; alias cat=false; cd /
"""


def test_login_shells_that_print_do_not_disturb(server: Sshd, sessions: Open) -> None:
    (server.home / ".bashrc").write_text(NOISE)
    assert list(sessions(server.host()).run(Script("cat <<< hello")).tail) == ["hello"]


@pytest.mark.parametrize("shell", ["dash", "fish", "zsh", "tcsh", "bash"])
def test_any_login_shell_will_do(servers: Servers, sessions: Open, shell: str, tmp_path: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    server = servers(f'ForceCommand exec {shell} -c "$SSH_ORIGINAL_COMMAND"')
    odd = '{"who": "o\'neil \\\\ $x `y` !z ä @laptop"}'
    session = sessions(server.host(), agent_options(tmp_path, odd))
    assert list(session.run(sh("echo {{text}}", text="it's $HOME")).tail) == ["it's $HOME"]
    assert (tmp_path / "lock").read_text() == f"{odd}\n"


def test_a_login_shell_that_refuses_is_told_in_its_own_words(servers: Servers) -> None:
    server = servers("ForceCommand echo This account is not available.; exit 1")
    with pytest.raises(Refused, match="web1: the host ran no commands for us: This account is not available"):
        Session(connect(server.host(), server.user), AgentOptions(), "web1")


def test_what_is_wrong_with_sudo_is_told(server: Sshd) -> None:
    tools = server.home / "bin"
    tools.mkdir()
    (tools / "sudo").write_text("#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
    (tools / "sudo").chmod(0o755)
    (server.home / ".bashrc").write_text(f"PATH={tools}:$PATH\n")
    connection = connect(server.host(), server.user)
    connection.user = "admin"  # for root needs no sudo
    with pytest.raises(Refused, match="sudo: a password is required") as refused:
        Session(connection, AgentOptions(root=True), "web1")
    assert "NOPASSWD" in refused.value.hint
    (tools / "sudo").write_text("#!/bin/sh\necho 'sudo: sorry, you must have a tty to run sudo' >&2\nexit 1\n")
    connection = connect(server.host(), server.user)
    connection.user = "admin"
    with pytest.raises(Refused, match="must have a tty") as refused:
        Session(connection, AgentOptions(root=True), "web1")
    assert "`Defaults:LOGIN !requiretty`" in refused.value.hint


def test_a_server_that_allows_no_sessions_is_told(servers: Servers) -> None:
    server = servers("MaxSessions 0")
    with pytest.raises(Refused, match="web1: the host opens no session for commands"):
        Session(connect(server.host(), server.user), AgentOptions(), "web1")


def test_a_host_that_never_answers_is_given_up(server: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READY_TIMEOUT", 1)
    (server.home / ".bashrc").write_text("sleep 4\n")
    started = time.monotonic()
    with pytest.raises(Refused, match="web1: no answer within 1 s"):
        Session(connect(server.host(), server.user), AgentOptions(), "web1")
    assert time.monotonic() - started < 5


def test_a_host_without_the_apps_folder_has_not_been_provisioned(server: Sshd, tmp_path: Path) -> None:
    with pytest.raises(NotProvisioned) as caught:
        Session(connect(server.host(), server.user), agent_options(tmp_path / "none"), "web1")
    assert caught.value.message == f"web1: the host has not been provisioned: there is no {tmp_path}/none"
    assert caught.value.hint == "Run `fab provision --hosts=web1` first."
    eventually(lambda: not server.connections())


def test_provision_takes_a_lock_that_is_there_and_makes_none(server: Sshd, sessions: Open, tmp_path: Path) -> None:
    absent = AgentOptions(str(tmp_path / "none" / "lock"), owner="provision", login="root")
    assert list(sessions(server.host(), absent).run(Script("echo bare")).tail) == ["bare"]
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    linked = AgentOptions(str(tmp_path / "link"), owner="provision", login="root")
    assert list(sessions(server.host(), linked).run(Script("echo linked")).tail) == ["linked"]
    assert (tmp_path / "file").read_text() == "precious", "what is a link is no lock, and is not written through"
    (tmp_path / "lock").touch()
    options = AgentOptions(str(tmp_path / "lock"), owner="provision", login="root")
    session = sessions(server.host(), options)
    assert (tmp_path / "lock").read_text() == "provision\n"
    with pytest.raises(Busy):
        Session(connect(server.host(), server.user), agent_options(tmp_path), "web1")
    session.close()
    eventually(lambda: (tmp_path / "lock").read_text() == "")


def test_a_lock_that_cannot_be_written_is_told(server: Sshd, tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(Refused) as caught:
        Session(connect(server.host(), server.user), agent_options(tmp_path), "web1")
    assert caught.value.message == f"web1: the lock {tmp_path}/lock cannot be written there"
    eventually(lambda: not server.connections())


def test_a_held_lock_says_who_since_when_and_for_what(server: Sshd, sessions: Open, tmp_path: Path) -> None:
    holding = deploying("deploy")(server.host())
    owned = agent_options(tmp_path, holding.owner)
    first = sessions(server.host(), owned)
    with pytest.raises(Busy, match=r"web1: \S+@\S+ has been running deploy here since 20\d\d-\d\d-\d\d .* UTC"):
        sessions(server.host(), owned)
    first.close()
    sessions(server.host(), owned).close()


def test_signs_of_life_keep_a_long_script_running(server: Sshd, sessions: Open, tmp_path: Path) -> None:
    session = sessions(server.host(), agent_options(tmp_path, silence=1))
    assert list(session.run(Script("sleep 2.5; echo through")).tail) == ["through"]
    time.sleep(1.5)
    assert session.run(Script("true")).code == 0


def test_a_slow_reader_is_alive(server: Sshd, sessions: Open, tmp_path: Path) -> None:
    def hear(kind: str, text: str) -> None:
        time.sleep(0.04)

    session = sessions(server.host(), agent_options(tmp_path, silence=2))
    assert session.run(Script("seq 100"), hear=hear).code == 0
    assert session.run(Script("true")).code == 0


def test_killing_ends_a_script_and_the_session_goes_on(server: Sshd, sessions: Open) -> None:
    session = sessions(server.host())
    threading.Timer(0.3, session.kill).start()
    assert session.run(Script("echo $BASHPID; sleep 300")).code == 143
    assert session.run(Script("true")).code == 0


def test_a_script_that_is_called_off_at_the_last_moment_does_not_run(server: Sshd, sessions: Open) -> None:
    session = sessions(server.host())
    assert session.run(sh("touch {{path}}", path=server.home / "ran"), unless=lambda: True).code == 143
    assert not (server.home / "ran").exists()


def test_scripts_wait_for_each_other(server: Sshd, sessions: Open) -> None:
    session = sessions(server.host())
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda n: session.run(sh("sleep 0.05; echo {{n}}", n=n)), range(4)))
    assert [list(result.tail) for result in results] == [["0"], ["1"], ["2"], ["3"]]


def test_a_broken_connection_in_mid_script_is_told_and_the_host_puts_itself_back(
    server: Sshd, sessions: Open, tmp_path: Path
) -> None:
    undone = journal(tmp_path)
    session = sessions(server.host(), agent_options(tmp_path))
    threading.Timer(0.3, server.cut).start()
    with pytest.raises(Lost, match="web1: the connection was lost"):
        session.run(sh("echo $BASHPID > {{folder}}/pid; sleep 300", folder=tmp_path))
    eventually(undone.exists)
    eventually(lambda: not running(int((tmp_path / "pid").read_text())))
    with pytest.raises(Lost):
        session.run(Script("true"))
    eventually(lambda: (tmp_path / "lock").read_text() == "")


def test_a_host_that_falls_silent_is_given_up(server: Sshd, sessions: Open, tmp_path: Path) -> None:
    session = sessions(server.host(), agent_options(tmp_path, silence=1))
    started = time.monotonic()
    threading.Timer(0.3, server.cut, [signal.SIGSTOP]).start()
    with pytest.raises(Lost):
        session.run(Script("sleep 300"))
    assert time.monotonic() - started < 5
    session.cut()
    server.cut(signal.SIGKILL)


def test_a_host_that_falls_silent_during_an_upload_is_given_up(server: Sshd, sessions: Open, tmp_path: Path) -> None:
    session = sessions(server.host(), agent_options(tmp_path, silence=1))
    server.cut(signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(Lost):
        session.run(Script("cat > /dev/null"), b"x" * 50_000_000)
    assert time.monotonic() - started < 15
    server.cut(signal.SIGKILL)


def test_a_killed_agent_is_noticed(server: Sshd, sessions: Open, tmp_path: Path) -> None:
    session = sessions(server.host(), agent_options(tmp_path))
    os.kill(agent_of(server), signal.SIGKILL)
    started = time.monotonic()
    with pytest.raises(Lost):
        session.run(Script("true"))
    assert time.monotonic() - started < 5


def agent_of(server: Sshd) -> int:
    """The process that sshd started for the only connection."""
    (top,) = server.connections()
    found = children(top)
    while found and b"sshd" in Path(f"/proc/{found[0]}/cmdline").read_bytes():
        found = children(found[0])
    return found[0]


def test_closing_frees_the_lock_and_leaves_the_journal(server: Sshd, sessions: Open, tmp_path: Path) -> None:
    undone = journal(tmp_path)
    session = sessions(server.host(), agent_options(tmp_path))
    session.run(Script("true"))
    session.close()
    assert (tmp_path / "lock").read_text() == ""
    assert (tmp_path / "undo").exists()
    assert not undone.exists()
    eventually(lambda: not server.connections())


def test_closing_in_mid_script_counts_as_lost(server: Sshd, sessions: Open, tmp_path: Path) -> None:
    undone = journal(tmp_path)
    session = sessions(server.host(), agent_options(tmp_path))
    pool = in_background(session, f"touch {tmp_path}/begun; sleep 300")
    eventually((tmp_path / "begun").exists)
    session.close()
    eventually(undone.exists)
    pool.shutdown()


def test_a_process_that_is_left_behind_does_not_hold_up_the_end(server: Sshd, sessions: Open) -> None:
    session = sessions(server.host())
    pid = int(session.run(Script("setsid sleep 60 & echo $!")).tail[0])
    started = time.monotonic()
    session.close()
    assert time.monotonic() - started < 3
    os.kill(pid, signal.SIGTERM)


def test_the_agent_is_short_in_the_process_list(server: Sshd, sessions: Open, tmp_path: Path) -> None:
    sessions(server.host(), agent_options(tmp_path))
    assert len(Path(f"/proc/{agent_of(server)}/cmdline").read_bytes()) < 100


def test_a_first_script_begins_by_itself_and_is_run_once(server: Sshd, sessions: Open, tmp_path: Path) -> None:
    script = Script(f"echo x >> {tmp_path}/runs; echo said")
    session = sessions(server.host(), agent_options(tmp_path), script)
    eventually((tmp_path / "runs").exists)
    heard: list[str] = []
    assert session.run(script, hear=lambda kind, text: heard.append(text)).code == 0
    assert (heard, (tmp_path / "runs").read_text()) == (["said"], "x\n")
    assert session.run(script).code == 0
    assert (tmp_path / "runs").read_text() == "x\nx\n"


def test_a_first_script_that_nobody_wants_ends_before_another_one(server: Sshd, sessions: Open) -> None:
    session = sessions(server.host(), None, Script("echo unwanted; fact a 1; sleep 0.2; exit 3"))
    result = session.run(Script("echo wanted"))
    assert (result.code, list(result.tail), result.facts) == (0, ["wanted"], {})


def test_leaving_waits_for_a_first_script(server: Sshd, sessions: Open, tmp_path: Path) -> None:
    session = sessions(server.host(), agent_options(tmp_path), Script(f"sleep 0.3; touch {tmp_path}/through"))
    session.close()
    assert (tmp_path / "through").exists()


def test_a_first_script_does_not_run_where_the_lock_is_held(server: Sshd, sessions: Open, tmp_path: Path) -> None:
    sessions(server.host(), agent_options(tmp_path))
    with pytest.raises(Busy):
        sessions(server.host(), agent_options(tmp_path), Script(f"touch {tmp_path}/begun"))
    time.sleep(0.2)
    assert not (tmp_path / "begun").exists()
