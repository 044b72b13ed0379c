"""After the switch, nginx must be led to a socket of the release itself, whatever the app has put in its place."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from slipway.core.shell import PRELUDE
from slipway.steps import boot_and_switch
from slipway.steps.own_socket import OWN_SOCKET
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
