from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from slipway.core.errors import SlipwayError
from slipway.lab import container_labels, containers, docker, first_boot_files, image, runtime_and_limits
from slipway.lab.containers import ContainerEngine
from slipway.lab.docker import Docker
from slipway.lab.engine import PAUSED, RUNNING, STOPPED, UNFINISHED, Found, Lab
from slipway.lab.host_addresses import HostAddress
from slipway.lab.podman import Podman
from slipway.lab.run_program import Answer

LAB = Lab(Path("/home/me/My Shop/.lab"))
ENDPOINT = HostAddress("127.0.1.1", 22, 80)


def create(engine: ContainerEngine, before: tuple[str, ...], limit: tuple[str, ...]) -> str:
    engine.choose_boot_flags(before, (*engine.boot_flags()[0], *limit), image.Image("localhost/slipway-lab:12", 0))
    return " ".join(engine.create_argv(LAB, "lab1", ENDPOINT))


def test_podman_makes_a_host_with_the_flags_that_work_here() -> None:
    lower = runtime_and_limits.limit_flags(-1, -1)
    assert create(Podman(), ("--runtime", "runc"), lower) == (
        "podman --runtime runc create --name slipway-my-shop-e2765819-lab1 --hostname lab1"
        " --label slipway.lab=my-shop-e2765819 --label slipway.host=lab1 --label slipway.address=127.0.1.1"
        " --label slipway.ssh=22 --label slipway.http=80 -p 127.0.1.1:22:22 -p 127.0.1.1:80:80"
        " --systemd=always --cap-add NET_ADMIN --ulimit nofile=1024:4096 --ulimit nproc=10000:10000"
        " localhost/slipway-lab:12 /sbin/init"
    )


def test_docker_makes_a_host_in_which_systemd_finds_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker, "run", lambda argv, timeout: Answer(0, b"2\n", ""))
    assert create(Docker(), (), ()) == (
        "docker create --name slipway-my-shop-e2765819-lab1 --hostname lab1"
        " --label slipway.lab=my-shop-e2765819 --label slipway.host=lab1 --label slipway.address=127.0.1.1"
        " --label slipway.ssh=22 --label slipway.http=80 -p 127.0.1.1:22:22 -p 127.0.1.1:80:80"
        " --tmpfs /run --tmpfs /run/lock --env container=docker --stop-signal SIGRTMIN+3 --cap-add NET_ADMIN"
        " --cgroupns host --volume /sys/fs/cgroup:/sys/fs/cgroup:rw"
        " localhost/slipway-lab:12 /sbin/init"
    )


def test_with_control_groups_of_version_1_docker_gives_away_systemds_own_hierarchy_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(docker, "run", lambda argv, timeout: Answer(0, b"1\n", ""))
    assert "/sys/fs/cgroup/systemd:/sys/fs/cgroup/systemd:rw" in Docker().boot_flags()[0]
    assert "/sys/fs/cgroup:/sys/fs/cgroup:rw" not in {word for flags in Docker().boot_flags() for word in flags}


def test_two_checkouts_have_labs_of_different_names() -> None:
    ids = {Lab(Path(path)).id for path in ("/a/shop/.lab", "/b/shop/.lab", "/a/shop/.lab-test", "/.lab")}
    assert len(ids) == 4


def test_mmdebstrap_names_no_mirror_and_inherits_how_archives_are_reached() -> None:
    argv = image.mmdebstrap_argv("13", 'Acquire::http::Proxy "http://proxy:3128";\n', Path("/x/base.tar"))
    assert argv == [
        "mmdebstrap",
        "--variant=minbase",
        "--include=systemd,systemd-sysv,dbus,openssh-server,sudo,python3,ca-certificates,iproute2,procps",
        '--aptopt=Acquire::http::Proxy "http://proxy:3128"',
        "trixie",
        "/x/base.tar",
    ]


def test_an_image_is_out_of_date_once_this_machine_trusts_someone_else() -> None:
    assert image.recipe_digest(b"one") != image.recipe_digest(b"two")
    assert image.recipe_digest(b"one") == image.recipe_digest(b"one")


def test_the_likely_way_to_run_is_tried_first() -> None:
    low = ("--ulimit", "x")
    assert runtime_and_limits.ways(low, runc=False, hybrid=False, capable=True) == [((), ()), ((), low)]
    assert runtime_and_limits.ways(low, runc=True, hybrid=True, capable=False)[0] == (("--runtime", "runc"), low)
    assert runtime_and_limits.ways(low, runc=True, hybrid=False, capable=True)[0] == ((), ())
    assert len(runtime_and_limits.ways(low, runc=True, hybrid=True, capable=True)) == 4


def test_lowered_limits_are_never_above_this_machines_own() -> None:
    assert runtime_and_limits.limit_flags(512, 300) == ("--ulimit", "nofile=512:512", "--ulimit", "nproc=300:300")


def described(status: str, **extra: str) -> dict[str, object]:
    return {
        "Name": "/slipway-x-lab1",
        "State": {"Status": status},
        "Config": {"Labels": {**container_labels.labels(LAB, "lab1", ENDPOINT), **extra}},
    }


@pytest.mark.parametrize(
    ("status", "state"), [("running", RUNNING), ("exited", STOPPED), ("paused", PAUSED), ("created", UNFINISHED)]
)
def test_a_container_tells_by_its_labels_which_host_it_is(status: str, state: str) -> None:
    assert container_labels.hosts([described(status)]) == [Found("lab1", ENDPOINT, state, "slipway-x-lab1")]


def test_hosts_come_in_their_order_and_probes_are_none() -> None:
    rows = [described("running", **{container_labels.HOST: name}) for name in ("lab10", "lab2")]
    probe = {"Name": "p", "State": {"Status": "running"}, "Config": {"Labels": {container_labels.LAB: "x"}}}
    assert [host.name for host in container_labels.hosts([*rows, probe])] == ["lab2", "lab10"]


def test_a_hosts_files_are_roots_and_only_its_private_parts_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    data = first_boot_files.host_files((b"private", b"public"), b"authorized", trusts_ours=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        modes = {member.name: f"{member.mode:o} {member.uid}" for member in tar}
        environment = tar.extractfile("etc/environment")
        assert environment is not None
        text = environment.read().decode()
    assert modes == {
        "etc/ssh/ssh_host_ed25519_key": "600 0",
        "etc/ssh/ssh_host_ed25519_key.pub": "644 0",
        "root/.ssh/authorized_keys": "600 0",
        "etc/environment": "644 0",
        "etc/apt/apt.conf.d/90slipway-lab": "644 0",
    }
    assert 'https_proxy="http://proxy:3128"\n' in text
    assert 'SSL_CERT_FILE="/etc/ssl/certs/ca-certificates.crt"\n' in text


def test_a_file_that_a_container_hands_out_is_unpacked() -> None:
    assert image.only_file(first_boot_files.archive({"key.pub": (0o644, b"ssh-ed25519 AAAA")})) == "ssh-ed25519 AAAA"
    with pytest.raises(SlipwayError, match="empty archive"):
        image.only_file(first_boot_files.archive({}))


def test_hosts_of_debian_13_get_the_capability_that_systemd_needs_for_the_hardening_of_units() -> None:
    assert containers.capabilities("13") == ("--cap-add", "SYS_ADMIN")
    assert containers.capabilities("12") == ()
