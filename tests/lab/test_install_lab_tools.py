from __future__ import annotations

from pathlib import Path

import pytest

from slipway.lab import install_lab_tools
from slipway.lab.run_program import Answer, run


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with apt and nothing else."""
    monkeypatch.setattr(install_lab_tools, "_there", lambda proof: proof == "apt-get")


@pytest.mark.usefixtures("bare")
def test_each_engine_names_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    common = ["openssh-client", "git", "rsync"]
    assert install_lab_tools.needed("local") == [*common, "openssh-server", "nginx", "python3-venv"]
    assert install_lab_tools.needed("docker") == common
    podman = ["podman", "runc", "netavark", "iptables", "mmdebstrap", "debian-archive-keyring", "ca-certificates"]
    assert install_lab_tools.needed("podman") == [*common, *podman]
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert install_lab_tools.needed("podman")[-3:] == ["uidmap", "slirp4netns", "fuse-overlayfs"]


@pytest.mark.usefixtures("bare")
def test_a_docker_without_its_daemon_does_not_stand_in_for_podman(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install_lab_tools, "run", lambda argv, timeout: Answer(1, b"", "no daemon"))
    assert "podman" in install_lab_tools.needed()
    monkeypatch.setattr(install_lab_tools, "run", lambda argv, timeout: Answer(0, b"", ""))
    assert "podman" not in install_lab_tools.needed()


def test_the_line_to_type_can_be_typed_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert install_lab_tools.install_line(["podman", "runc"]) == "sudo apt-get install -y podman runc"
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert install_lab_tools.install_line(["podman"]) == "apt-get install -y podman"


@pytest.mark.usefixtures("bare")
def test_nothing_is_installed_by_who_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert install_lab_tools.install(["podman"]) == []


@pytest.mark.usefixtures("bare")
def test_packages_start_no_services_while_they_are_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy, seen = tmp_path / "policy-rc.d", []

    def apt(argv: list[str], timeout: float) -> Answer:
        seen.append((argv[-2:], run([policy]).code))
        return Answer(0, b"", "")

    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(install_lab_tools, "POLICY", policy)
    monkeypatch.setattr(install_lab_tools, "run", apt)
    assert install_lab_tools.install(["nginx"], say=lambda line: None) == ["nginx"]
    assert seen == [(["--no-install-recommends", "nginx"], 101)]
    assert not policy.exists()


@pytest.mark.usefixtures("bare")
def test_a_policy_of_the_machines_owner_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(install_lab_tools, "POLICY", policy)
    monkeypatch.setattr(install_lab_tools, "run", lambda argv, timeout: Answer(0, b"", ""))
    install_lab_tools.install(["nginx"], say=lambda line: None)
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"
