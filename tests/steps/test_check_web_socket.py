"""After the switch, nginx must be led to a socket of the release itself, whatever the app has put in its place."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.core.shell import PRELUDE
from slipway.model.release_layout import RUN_MODE
from slipway.steps import boot_and_switch
from slipway.steps.check_web_socket import OWN_SOCKET
from tests import kernel_protects_links
from tests.steps.targets import target


@pytest.mark.parametrize(
    ("link", "own"),
    [
        ("web.1.sock", True),
        ("web.2.sock", True),
        ("", True),
        ("../other/web.sock", False),
        ("../other/web.1.sock", False),
        ("web.3.sock", False),
        ("web.4.sock", False),
        ("nowhere", False),
    ],
)
def test_only_a_socket_of_the_release_itself_is_shown_to_visitors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str, own: bool
) -> None:
    monkeypatch.chdir(tmp_path)  # paths of sockets are short
    for place in (
        "run/web.1.sock",
        "run/web.2.sock",
        "other/web.sock",
        "other/web.1.sock",
        *(() if link else ("run/web.sock",)),
    ):
        Path(place).parent.mkdir(exist_ok=True)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(place)
    Path("run/web.3.sock").symlink_to("../other/web.sock")
    Path("run/web.4.sock").write_text("")
    if link:
        Path("run/web.sock").symlink_to(link)
    script = f"{PRELUDE}\n{OWN_SOCKET}\nown_socket run && echo own || echo other"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == ("own\n" if own else "other\n")


def test_it_is_looked_for_beside_the_configuration_also_where_the_release_has_no_name_here() -> None:
    """`fab start` and a deploy with nothing to do ask the current release, whose id only the host knows."""
    place = target()
    script = boot_and_switch.ask(place, place.layout.current / "conf").text
    assert f"own_socket {place.layout.current}/run " in script


DEPLOY, APP, NGINX = 61233, 61234, 61236  # accounts that nobody has
CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
BIND = "import os, socket, sys; os.umask(0); socket.socket(socket.AF_UNIX).bind(sys.argv[1])"


@pytest.fixture
def run() -> Iterator[Path]:
    """The folder of a release's sockets, on a kernel that protects links; beside it the socket of another app."""
    if os.geteuid() != 0 or not os.path.exists("/usr/bin/python3"):
        pytest.skip("only root can act as several accounts")
    kernel_protects_links.demand()
    with tempfile.TemporaryDirectory() as top, socket.socket(socket.AF_UNIX) as other:
        os.chmod(top, 0o755)
        other.bind(f"{top}/other.sock")
        other.listen()
        os.chmod(f"{top}/other.sock", 0o777)
        folder = Path(top, "run")
        folder.mkdir()
        (folder / "web.sock").symlink_to("web.1.sock")
        for path in (folder, folder / "web.sock"):
            os.chown(path, DEPLOY, APP, follow_symlinks=False)
        folder.chmod(int(RUN_MODE, 8))
        yield folder


def done(account: int, *words: str) -> bool:
    """Run a command as an account; say whether it succeeded."""
    return subprocess.run(words, user=account, group=account, extra_groups=[], capture_output=True).returncode == 0


def test_nginx_follows_the_link_of_a_deploy_and_none_of_the_app(run: Path) -> None:
    """The kernel sees to that, whatever the app does in the folder of its sockets."""
    python, link, own = "/usr/bin/python3", str(run / "web.sock"), str(run / "web.1.sock")
    assert done(NGINX, python, "-c", CONNECT, str(run.parent / "other.sock"))
    with socket.socket(socket.AF_UNIX) as app:
        app.bind(own)
        app.listen()
        os.chown(own, APP, APP)
        os.chmod(own, 0o777)
        assert done(NGINX, python, "-c", CONNECT, link)
    assert done(APP, "rm", own)
    assert done(APP, "ln", "-s", "../other.sock", own)
    assert not done(NGINX, python, "-c", CONNECT, link)
    assert not done(APP, "ln", "-sfnT", "../other.sock", link)
    assert not done(APP, "rm", "-f", link)
    assert done(APP, "rm", own)
    assert not done(APP, "ln", str(run.parent / "other.sock"), own)
    assert done(APP, python, "-c", BIND, own), "a server can have its socket there again"
    assert done(DEPLOY, "ln", "-sfnT", "web.2.sock", link), "a restart can lead nginx to another socket"
