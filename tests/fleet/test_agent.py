"""The agent on the host, run by a real bash over pipes."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slipway.fleet.revert_or_finish_host import MARGIN
from tests.fleet.agent import MARK, NONCE, TEXT, Agent, eventually, members, running

SLEEPER = "echo $BASHPID; exec sleep 300"


@pytest.fixture
def agents(tmp_path: Path) -> Iterator[Callable[..., Agent]]:
    """Starts agents that share a lock and a journal."""
    started: list[Agent] = []

    def start(silence: int = 30, owner: str = "me", tmp: Path | None = None) -> Agent:
        started.append(Agent(tmp_path, silence, owner, tmp))
        return started[-1]

    yield start
    for agent in started:
        agent.close()


@pytest.fixture
def agent(agents: Callable[..., Agent]) -> Agent:
    """An agent that is ready."""
    agent = agents()
    assert agent.line() == MARK + b"ready\n"
    return agent


def journal(agent: Agent, text: str) -> Path:
    """Leave a journal; the file that shows that it was run."""
    shown = agent.undo.with_name("undone")
    agent.undo.write_text(f"{text}\ntouch {shown}\nrm {agent.undo}\n")
    return shown


def is_free(lock: Path) -> bool:
    return subprocess.run(["flock", "-n", lock, "true"], check=False).returncode == 0


def test_it_runs_scripts_one_after_another(agent: Agent) -> None:
    assert agent.run("echo one") == (0, b"one\n")
    assert agent.run("echo two; exit 7") == (7, b"two\n")
    assert agent.run("echo three") == (0, b"three\n")
    assert agent.leave() == 0


def test_scripts_do_not_see_each_others_variables_folders_and_traps(agent: Agent) -> None:
    assert agent.run("x=1; cd /; trap 'echo bye' EXIT; set -eu; umask 077") == (0, b"bye\n")
    assert agent.run('echo "${x-none} $-"; [[ $PWD != / ]]; umask') == (0, b"none hBc\n0022\n")


def test_set_e_stops_a_script_at_its_first_failure(agent: Agent) -> None:
    assert agent.run("set -e; echo before; false; echo after") == (1, b"before\n")
    assert agent.run("set -e; f() { false; echo after; }; f") == (1, b"")


def test_an_exit_in_a_function_ends_only_the_script(agent: Agent) -> None:
    assert agent.run("f() { exit 3; }; f; echo after") == (3, b"")
    assert agent.run("echo still here") == (0, b"still here\n")


def test_a_script_with_a_syntax_error_fails_and_says_so(agent: Agent) -> None:
    code, output = agent.run("if true; then")
    assert code != 0
    assert b"syntax error" in output


def test_standard_error_comes_in_order_with_the_output(agent: Agent) -> None:
    assert agent.run("echo a; echo b >&2; echo c") == (0, b"a\nb\nc\n")


def test_output_without_a_final_newline_arrives(agent: Agent) -> None:
    assert agent.run("printf half") == (0, b"half")


def test_scripts_are_bytes_whatever_they_hold(agent: Agent) -> None:
    odd = "ä€𝄞\x7f\x02\r\t'\"\\ $x `x`"
    assert agent.run(f"cat <<'END'\n{odd}\nEND\n") == (0, f"{odd}\n".encode())


def test_a_long_script_arrives_whole(agent: Agent) -> None:
    long = "x" * 300_000
    assert agent.run(f"x={long}; echo ${{#x}}") == (0, b"300000\n")


@pytest.mark.parametrize("size", [0, 1, 4096, 262144, 262145, 20_000_000])
def test_a_payload_arrives_whole(agent: Agent, size: int) -> None:
    payload = (b"\0\n\r\xff" + bytes(range(251))) * (size // 255 + 1)
    payload = payload[:size]
    assert agent.run("sha1sum", payload) == (0, f"{hashlib.sha1(payload).hexdigest()}  -\n".encode())
    assert agent.run("cat") == (0, b"")


def test_a_payload_that_is_not_read_does_not_reach_the_next_script(agent: Agent) -> None:
    assert agent.run("echo no thanks", b"x" * 100_000) == (0, b"no thanks\n")
    assert agent.run("cat", b"mine") == (0, b"mine")


def test_large_uploads_show_signs_of_life(agent: Agent) -> None:
    agent.start("true", b"x" * 1_000_000)
    assert agent.line() == MARK + b"alive\n"


def test_heartbeats_are_answered_while_a_script_runs(agent: Agent) -> None:
    agent.start("sleep 0.2; echo done sleeping")
    agent.send(b"\n")
    assert agent.line() == MARK + b"alive\n"
    assert agent.finish() == (0, b"done sleeping\n")


def test_kill_ends_a_script_with_its_grandchildren(agent: Agent) -> None:
    agent.start("sleep 300 & bash -c 'sleep 300 | sleep 300 & wait' & (sleep 300; true) & echo up; wait")
    assert agent.line() == b"up\n"
    eventually(lambda: len(members(agent.process.pid)) >= 9)
    agent.send(b"kill\n")
    assert agent.finish() == (143, b"")
    assert members(agent.process.pid) == [agent.process.pid]


def test_kill_ends_what_ignores_terminate(agent: Agent) -> None:
    agent.start("trap '' TERM; echo $BASHPID; while true; do sleep 0.1; done")
    pid = int(agent.line())
    agent.send(b"kill\n")
    assert agent.finish()[0] == 143
    assert not running(pid)
    assert agent.run("echo next") == (0, b"next\n")


def test_a_kill_that_comes_too_late_harms_nothing(agent: Agent) -> None:
    assert agent.run("echo one") == (0, b"one\n")
    agent.send(b"kill\n")
    assert agent.line() == MARK + b"done 1 143\n"
    assert agent.run("echo two") == (0, b"two\n")


def test_a_script_whose_shell_was_killed_is_reported_at_the_next_heartbeat(agent: Agent) -> None:
    agent.start("echo $PPID $BASHPID; cat /proc/$BASHPID/stat; sleep 300")
    agent.line()
    job = int(agent.line().rpartition(b")")[2].split()[2])  # the process group is led by the job's own shell
    os.kill(job, signal.SIGKILL)
    eventually(lambda: not running(job))
    agent.send(b"\n")
    assert agent.finish() == (137, b"")
    assert members(agent.process.pid) == [agent.process.pid]


def test_lost_client_ends_the_script_runs_the_journal_and_frees_the_lock(agent: Agent) -> None:
    undone = journal(agent, "true")
    agent.start(SLEEPER)
    pid = int(agent.line())
    agent.stdin.close()
    assert agent.process.wait(timeout=10) == 1
    assert not running(pid)
    assert undone.exists()
    assert not agent.undo.exists()
    assert is_free(agent.lock)
    assert agent.lock.read_text() == ""


def test_the_journal_runs_after_the_script_has_ended(agent: Agent) -> None:
    undone = journal(agent, f"! pgrep -s {agent.process.pid} sleep || exit 1")
    agent.start("trap 'sleep 0.3; exit' TERM; echo up; sleep 300 & wait")
    agent.line()
    agent.stdin.close()
    agent.process.wait(timeout=10)
    assert undone.exists()


def test_silence_counts_as_a_lost_client(agents: Callable[..., Agent]) -> None:
    agent = agents(silence=1)
    undone = journal(agent, "true")
    assert agent.line() == MARK + b"ready\n"
    agent.start(SLEEPER)
    pid = int(agent.line())
    for _ in range(4):  # with heartbeats it is not silent
        time.sleep(0.4)
        agent.send(b"\n")
    assert running(pid)
    assert agent.process.wait(timeout=10) == 1
    assert not running(pid)
    assert undone.exists()


def test_silence_in_the_middle_of_an_upload_counts_too(agents: Callable[..., Agent]) -> None:
    agent = agents(silence=1)
    undone = journal(agent, "true")
    agent.send(b"run 1 4 1000\ntruehalf")
    assert agent.process.wait(timeout=10) == 1
    assert undone.exists()


@pytest.mark.parametrize("sent", [b"run 1 100 0\ntouch ", b"run 1 20 1000\ntouch ", b"run 1 20", b"ru"])
def test_a_script_that_was_cut_off_never_runs(agent: Agent, sent: bytes) -> None:
    mark = agent.undo.with_name("mark")
    agent.send(sent + (f"{mark} ".encode() if sent.endswith(b"touch ") else b""))
    agent.stdin.close()
    assert agent.process.wait(timeout=10) == 1
    assert not mark.exists()


def test_a_script_whose_payload_was_cut_off_never_runs(agent: Agent) -> None:
    mark = agent.undo.with_name("mark")
    script = f"touch {mark}".encode()
    agent.send(b"run 1 %d 1000\n" % len(script) + script + b"only this")
    agent.stdin.close()
    assert agent.process.wait(timeout=10) == 1
    assert not mark.exists()


def test_goodbye_leaves_the_journal_alone(agent: Agent) -> None:
    undone = journal(agent, "true")
    agent.run("true")
    assert agent.leave() == 0
    assert agent.undo.exists()
    assert not undone.exists()


def test_without_a_journal_a_lost_client_is_just_the_end(agent: Agent) -> None:
    agent.stdin.close()
    assert agent.process.wait(timeout=10) == 1


def test_the_journal_can_be_terminated_although_the_agent_cannot(agent: Agent) -> None:
    shown = agent.undo.with_name("signals")
    agent.undo.write_text(f"grep SigIgn /proc/self/status > {shown}\n")
    os.kill(agent.process.pid, signal.SIGTERM)
    assert agent.run("grep SigIgn /proc/self/status") == (0, b"SigIgn:\t0000000000000000\n")
    agent.stdin.close()
    agent.process.wait(timeout=10)
    assert shown.read_text() == "SigIgn:\t0000000000000000\n"


def test_a_host_that_has_agreed_waits_without_the_lock_for_a_client_that_comes_back(
    agents: Callable[..., Agent], agent: Agent
) -> None:
    undone = journal(agent, "true")
    agent.run(f"mv {agent.undo} {agent.undo}.aside")
    agent.stdin.close()
    eventually(lambda: is_free(agent.lock))
    again = agents()
    assert again.line() == MARK + b"ready\n"
    assert agent.process.poll() is None
    assert not undone.exists()
    again.run(f"bash {agent.undo}.aside told; rm {agent.undo}.aside")
    assert agent.process.wait(timeout=10) == 1
    assert undone.exists()


def test_a_host_that_has_agreed_and_stays_alone_goes_onward(agents: Callable[..., Agent]) -> None:
    """Nobody has told it otherwise for longer than a client that lives would have tried."""
    agent = agents(silence=1)
    assert agent.line() == MARK + b"ready\n"
    shown = agent.undo.with_name("went")
    agent.undo.with_name("undo.aside").write_text(f"echo $1 > {shown}\nrm $0\n")
    lost = time.monotonic()
    agent.stdin.close()
    assert agent.process.wait(timeout=40) == 1
    assert time.monotonic() - lost > 2 * 1 + MARGIN
    assert shown.read_text() == "onward\n"


def test_a_second_agent_hears_who_holds_the_lock(agents: Callable[..., Agent]) -> None:
    first = agents(owner='{"who": "ann@laptop"}')
    assert first.line() == MARK + b"ready\n"
    second = agents(owner="bob")
    assert second.line() == MARK + b'busy {"who": "ann@laptop"}\n'
    assert second.process.wait(timeout=10) == 1
    assert first.leave() == 0
    third = agents(owner="cat")
    assert third.line() == MARK + b"ready\n"
    assert third.lock.read_text() == "cat\n"


def test_goodbye_empties_the_lock_file(agent: Agent) -> None:
    assert agent.lock.read_text() == "me\n"
    assert agent.leave() == 0
    assert agent.lock.read_text() == ""


def test_a_place_without_a_lock_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    places = {tmp_path / "none" / "lock": f"absent {tmp_path}/none", tmp_path / "lock": f"refused {tmp_path}/lock"}
    for lock, said in places.items():
        words = ["bash", "-c", TEXT, "slipway", str(lock), "", "me", "5", NONCE]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert done.stdout == MARK + f"{said}\n".encode()
        assert (done.returncode, done.stderr) == (1, b"")


def test_without_a_lock_any_number_of_agents_may_look(tmp_path: Path) -> None:
    words = ["bash", "-c", TEXT, "slipway", "", "", "", "5", NONCE]
    for _ in range(2):
        done = subprocess.run(words, input=b"bye\n", capture_output=True, check=False)
        assert (done.returncode, done.stdout) == (0, MARK + b"ready\n")


def test_a_killed_agent_keeps_the_lock_until_its_script_has_ended(agent: Agent) -> None:
    agent.start("echo $BASHPID; sleep 0.5; echo through")
    pid = int(agent.line())
    os.kill(agent.process.pid, signal.SIGKILL)
    agent.process.wait(timeout=10)
    assert running(pid)
    assert not is_free(agent.lock)
    assert agent.finish() == (0, b"through\n")
    eventually(lambda: is_free(agent.lock))


def test_nothing_is_left_in_the_temporary_folder(agent: Agent) -> None:
    agent.run("cat > /dev/null", b"secret" * 100_000)
    agent.start("sleep 300", b"secret" * 100_000)
    agent.send(b"\n")
    assert agent.line() == MARK + b"alive\n"
    agent.stdin.close()
    agent.process.wait(timeout=10)
    assert list(agent.tmp.iterdir()) == []


def test_no_other_user_could_read_a_payload(agent: Agent) -> None:
    assert agent.run("stat -L -c %a /proc/self/fd/0", b"secret") == (0, b"600\n")


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A file system with no room."""
    if os.geteuid():
        pytest.skip("only root may mount a file system")
    folder = tmp_path / "full"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "slipway-test", folder], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


NO_ROOM = MARK + b"fail there is no disk space for what was sent in %s: free some there\n"


def test_a_full_temporary_folder_is_told_and_the_session_goes_on(agents: Callable[..., Agent], full: Path) -> None:
    agent = agents(tmp=full)
    agent.line()
    for size in (100_000, 3_000_000):
        assert agent.run("cat", b"x" * size) == (1, NO_ROOM % bytes(full))
        assert agent.run("echo small; cat", b"payloads fit") == (0, b"small\npayloads fit")


def test_a_temporary_folder_that_cannot_be_written_is_told(agents: Callable[..., Agent], tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    agent = agents(tmp=gone)
    agent.line()
    gone.rmdir()
    assert agent.run("cat", b"x" * 300_000) == (1, NO_ROOM % bytes(gone))
    assert agent.run("echo next") == (0, b"next\n")


def test_scripts_with_long_here_documents_need_no_room(agents: Callable[..., Agent], full: Path) -> None:
    agent = agents(tmp=full)
    agent.line()
    agent.run(f"head -c 100k /dev/zero > {full}/filled")
    text = "x" * 60_000  # as long as our programs may become
    assert agent.run(f"wc -c <<'END'\n{text}\nEND") == (0, b"60001\n")
