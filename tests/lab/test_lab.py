"""Up and down with an engine that only pretends, to see what is asked of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from slipway import lab
from slipway.core.errors import SlipwayError, UsageError
from slipway.lab import choose_engine, host_addresses, make_and_remove_hosts
from slipway.lab.engine import PAUSED, RUNNING, STOPPED, UNFINISHED, Engine, Found, Lab, Say, Unfit
from slipway.lab.host_addresses import HostAddress
from slipway.lab.run_program import Answer
from slipway.lab.state import LabHost, load_state, save_state


class Pretender:
    """An engine whose hosts are entries of a table; `did` is what was asked of it."""

    def __init__(self, name: str = "podman", trouble: str = "", unfit: str = "") -> None:
        self.name, self._trouble, self._unfit = name, trouble, unfit
        self.hosts: dict[str, Found] = {}
        self.did: list[str] = []

    def trouble(self) -> str:
        return self._trouble

    def ready(self, lab: Lab, count: int, say: Say) -> None:
        if self._unfit:
            raise Unfit(self._unfit)
        self.did.append("ready")

    def found(self, lab: Lab) -> dict[str, Found]:
        return dict(sorted(self.hosts.items()))

    def held(self) -> set[HostAddress]:
        return {host.endpoint for host in self.hosts.values()}

    def look(self, address: str, port: int) -> str:
        return host_addresses.FREE

    def make(self, lab: Lab, name: str, endpoint: HostAddress) -> None:
        self.hosts[name] = Found(name, endpoint, RUNNING, f"c-{name}")
        self.did.append(f"make {name} {endpoint.address}")

    def _turn(self, verb: str, name: str, state: str) -> None:
        self.hosts[name] = replace(self.hosts[name], state=state)
        self.did.append(f"{verb} {name}")

    def start(self, lab: Lab, name: str) -> None:
        self._turn("start", name, RUNNING)

    def restart(self, lab: Lab, name: str) -> None:
        self._turn("restart", name, RUNNING)

    def kill(self, lab: Lab, name: str) -> None:
        self._turn("kill", name, STOPPED)

    def pause(self, lab: Lab, name: str) -> None:
        self._turn("pause", name, PAUSED)

    def unpause(self, lab: Lab, name: str) -> None:
        self._turn("unpause", name, RUNNING)

    def disconnect(self, lab: Lab, name: str) -> None:
        self._turn("disconnect", name, RUNNING)

    def reconnect(self, lab: Lab, name: str) -> None:
        self._turn("reconnect", name, RUNNING)

    def host_key(self, lab: Lab, name: str) -> str:
        return f"ssh-ed25519 KEY-OF-{name} root@{name}"

    def log(self, lab: Lab, name: str) -> str:
        return "last words"

    def remove(self, lab: Lab, names: Collection[str]) -> None:
        for name in names:
            del self.hosts[name]
            self.did.append(f"remove {name}")

    def clear(self, lab: Lab, keep_image: bool) -> None:
        self.did.append("clear, keep image" if keep_image else "clear")

    def describe(self, lab: Lab, found: Found) -> LabHost:
        endpoint = found.endpoint
        return LabHost(
            found.name, endpoint.address, endpoint.ssh, endpoint.http, "root", "", "", self.name, found.container
        )


@pytest.fixture
def podman(monkeypatch: pytest.MonkeyPatch) -> Pretender:
    """A podman that works, on a machine where every host answers SSH."""
    engine = Pretender()
    use(monkeypatch, engine)
    monkeypatch.setattr(make_and_remove_hosts, "run", lambda argv, timeout: Answer(0, b"", ""))
    return engine


def use(monkeypatch: pytest.MonkeyPatch, *engines: Pretender) -> None:
    table: dict[str, Engine] = {engine.name: engine for engine in engines}
    monkeypatch.setattr(choose_engine, "engine_named", table.__getitem__)
    monkeypatch.setattr(choose_engine, "NAMES", tuple(table))
    monkeypatch.setattr(choose_engine, "installed", lambda: list(table.values()))
    monkeypatch.setattr("slipway.lab.install_lab_tools.needed", lambda engine: ["some-package"])


def test_up_makes_the_hosts_and_writes_down_what_answered(podman: Pretender, tmp_path: Path) -> None:
    folder = tmp_path / ".lab"
    hosts = lab.up(folder, 2, say=lambda line: None)
    assert sorted(podman.did) == ["make lab1 127.0.1.1", "make lab2 127.0.1.2", "ready"]
    assert list(load_state(folder).values()) == hosts
    assert (folder / "known_hosts").read_text().splitlines()[1] == "127.0.1.2 ssh-ed25519 KEY-OF-lab2"
    assert (folder / ".gitignore").read_text() == "*\n"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_up_again_changes_nothing(podman: Pretender, tmp_path: Path) -> None:
    lab.up(tmp_path / ".lab", 2, say=lambda line: None)
    podman.did.clear()
    assert [host.name for host in lab.up(tmp_path / ".lab", 2, say=lambda line: None)] == ["lab1", "lab2"]
    assert podman.did == []


def test_up_adds_what_is_missing_in_the_same_block_and_wakes_what_rests(podman: Pretender, tmp_path: Path) -> None:
    podman.hosts = {
        "lab1": Found("lab1", HostAddress("127.0.5.1", 22, 80), STOPPED),
        "lab2": Found("lab2", HostAddress("127.0.5.2", 22, 80), PAUSED),
    }
    lab.up(tmp_path / ".lab", 3, say=lambda line: None)
    assert podman.did == ["ready", "make lab3 127.0.5.3", "start lab1", "unpause lab2"]


def test_a_host_that_a_killed_up_left_half_made_is_made_anew(podman: Pretender, tmp_path: Path) -> None:
    podman.hosts = {"lab1": Found("lab1", HostAddress("127.0.1.1", 22, 80), UNFINISHED)}
    lab.up(tmp_path / ".lab", 1, say=lambda line: None)
    assert podman.did == ["remove lab1", "ready", "make lab1 127.0.1.1"]


def test_hosts_may_have_names_of_their_own(podman: Pretender, tmp_path: Path) -> None:
    lab.up(tmp_path / ".lab", names=["web", "db", "lab1"], say=lambda line: None)
    assert sorted(podman.did)[:3] == ["make db 127.0.1.2", "make lab1 127.0.1.3", "make web 127.0.1.1"]


def test_a_host_that_never_answers_is_named_with_its_last_words(
    podman: Pretender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_and_remove_hosts, "run", lambda argv, timeout: Answer(255, b"", "Connection refused"))
    monkeypatch.setattr(make_and_remove_hosts, "ANSWER_SECONDS", 0.1)
    with pytest.raises(SlipwayError, match="lab1 does not answer SSH: Connection refused") as caught:
        lab.up(tmp_path / ".lab", 1, say=lambda line: None)
    assert caught.value.hint == "last words"
    assert load_state(tmp_path / ".lab") == {}


def test_without_containers_the_lab_says_loudly_that_it_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    podman, docker = Pretender("podman", unfit="crun refuses"), Pretender("docker", trouble="no daemon")
    use(monkeypatch, podman, docker, local := Pretender("local"))
    monkeypatch.setattr(make_and_remove_hosts, "run", lambda argv, timeout: Answer(0, b"", ""))
    said: list[str] = []
    lab.up(tmp_path / ".lab", 1, say=said.append)
    assert said[0].startswith("WARNING: no containers here (podman: crun refuses; docker: no daemon)")
    assert said[1].endswith("apt-get install -y some-package")
    assert podman.did == ["clear"]
    assert "make lab1 127.0.1.1" in local.did


def test_an_engine_that_was_asked_for_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Pretender("podman", trouble="not installed"), local := Pretender("local"))
    with pytest.raises(SlipwayError, match=r"no lab can be made here \(podman: not installed\)") as caught:
        lab.up(tmp_path / ".lab", 1, engine="podman", say=lambda line: None)
    assert caught.value.hint.endswith("apt-get install -y some-package")
    assert local.did == []


def test_a_lab_keeps_its_engine(podman: Pretender, tmp_path: Path) -> None:
    lab.up(tmp_path / ".lab", 1, say=lambda line: None)
    with pytest.raises(UsageError, match="the lab runs on podman, not on docker"):
        lab.up(tmp_path / ".lab", 1, engine="docker", say=lambda line: None)


def test_down_removes_hosts_image_and_folder(podman: Pretender, tmp_path: Path) -> None:
    lab.up(tmp_path / ".lab", 1, say=lambda line: None)
    podman.did.clear()
    lab.down(tmp_path / ".lab", say=lambda line: None)
    assert podman.did == ["remove lab1", "clear"]
    assert list(tmp_path.iterdir()) == []


def test_down_keeps_the_image_if_told_to_and_works_without_a_lab(podman: Pretender, tmp_path: Path) -> None:
    lab.down(tmp_path / ".lab", keep_image=True, say=lambda line: None)
    lab.down(tmp_path / ".lab", say=lambda line: None)
    assert podman.did == ["clear, keep image", "clear, keep image"]


def test_down_finds_hosts_whose_state_file_is_lost(podman: Pretender, tmp_path: Path) -> None:
    lab.up(tmp_path / ".lab", 2, say=lambda line: None)
    (tmp_path / ".lab/hosts.json").write_text("{")
    lab.down(tmp_path / ".lab", say=lambda line: None)
    assert podman.hosts == {}


def test_faults_are_for_hosts_that_exist(podman: Pretender, tmp_path: Path) -> None:
    lab.up(tmp_path / ".lab", 1, say=lambda line: None)
    podman.did.clear()
    faults = ("pause", "unpause", "disconnect", "reconnect", "kill", "start", "restart")
    for fault in faults:
        getattr(lab, fault)(tmp_path / ".lab", "lab1")
    assert podman.did == [f"{fault} lab1" for fault in faults]
    with pytest.raises(UsageError, match="no host lab9 in the lab"):
        lab.kill(tmp_path / ".lab", "lab9")


def test_status_asks_the_engine_and_not_the_file(podman: Pretender, tmp_path: Path) -> None:
    lab.up(tmp_path / ".lab", 1, say=lambda line: None)
    lab.kill(tmp_path / ".lab", "lab1")
    save_state(tmp_path / ".lab", [])
    assert [(host.name, state) for host, state in lab.status(tmp_path / ".lab")] == [("lab1", STOPPED)]


def test_an_unknown_engine_is_a_mistake_of_the_user() -> None:
    with pytest.raises(UsageError, match="--engine=vagrant: no such engine"):
        choose_engine.engine_named("vagrant")
