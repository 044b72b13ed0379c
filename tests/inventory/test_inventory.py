"""The inventory fills in every setting of every host: layers, defaults, SSH, environment, lab."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from slipway.env.dotenv import Secret
from slipway.env.sources import Command, Generate, Table
from slipway.inventory import Host, load
from slipway.lab.state import LabHost, save_state

LAYERS = """
env_files = ["base.env"]
[app]
name = "hello"
source = "code"
keep = 3
domains = ["a.org"]
gunicorn.workers = 3
[app.processes]
mails = "python mails.py"
[env]
A = "env"
B = "env"
[groups.first]
hosts = ["web1"]
app = { keep = 4, gunicorn.timeout = 10, domains = [], processes.mails.count = 2 }
env_files = ["first.env"]
env.B = "first"
[groups.second]
hosts = ["web1", "web2"]
app = { keep = 5, processes = { mails = "python other.py", beat = "python beat.py" } }
[hosts.web2]
address = "192.0.2.2"
[hosts.web1]
address = "192.0.2.1"
app = { gunicorn.timeout = 20, static = false }
env.C = "host"
"""


def hosts(folder: Path, content: str, select: str = "all") -> dict[str, Host]:
    (folder / "inventory.toml").write_text(content, encoding="utf-8")
    return {host.name: host for host in load(folder).select(select)}


def one(folder: Path, lines: str, app: str = "") -> Host:
    return hosts(folder, f'[app]\nname = "hello"\n{app}\n[hosts.web1]\n{lines}\n')["web1"]


@pytest.fixture
def layered(tmp_path: Path) -> dict[str, Host]:
    (tmp_path / "base.env").write_text("A=file\nB=file\nC=file\nD=file\n", encoding="utf-8")
    (tmp_path / "first.env").write_text("B=first file\nC=first file\nE=first file\n", encoding="utf-8")
    return hosts(tmp_path, LAYERS)


def test_a_host_has_the_app_then_its_groups_in_the_order_of_the_file_then_its_own(layered: dict[str, Host]) -> None:
    web1, web2 = layered["web1"].app, layered["web2"].app
    assert (web1.keep, web2.keep) == (5, 5)
    assert (web1.gunicorn.workers, web1.gunicorn.timeout) == (3, 20)
    assert (web2.gunicorn.workers, web2.gunicorn.timeout) == (3, 30)
    assert (web1.static, web2.static) == (False, True)


def test_lists_are_replaced_and_tables_merged(layered: dict[str, Host]) -> None:
    web1, web2 = layered["web1"].app, layered["web2"].app
    assert (web1.domains, web2.domains) == ((), ("a.org",))
    assert (web1.processes["mails"].command, web1.processes["mails"].count) == ("python other.py", 2)
    assert web2.processes["mails"].count == 1
    assert list(web1.processes) == ["mails", "beat"]


def test_the_environment_has_the_same_order_with_files_before_tables(layered: dict[str, Host]) -> None:
    def revealed(name: str) -> dict[str, str]:
        return {key: value.reveal() for key, value in layered[name].env.items()}

    assert revealed("web1") == {"A": "env", "B": "first", "C": "host", "D": "file", "E": "first file"}
    assert revealed("web2") == {"A": "env", "B": "env", "C": "file", "D": "file"}


def test_values_of_the_environment_are_secrets_wherever_they_come_from(layered: dict[str, Host]) -> None:
    assert {type(value) for value in layered["web1"].env.values()} == {Secret}
    assert "first file" not in repr(layered)


def test_hosts_know_their_groups_and_come_in_the_order_of_the_file(layered: dict[str, Host]) -> None:
    assert {name: host.groups for name, host in layered.items()} == {
        "web2": ("second",),
        "web1": ("first", "second"),
    }


def test_the_source_is_relative_to_the_inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert one(tmp_path, "address = 'a'", "source = 'sub/code'").app.source == tmp_path / "sub" / "code"
    assert one(tmp_path, "address = 'a'").app.source == tmp_path
    monkeypatch.setenv("HOME", "/home/someone")
    assert one(tmp_path, "address = 'a'", "source = '~/code'").app.source == Path("/home/someone/code")


def test_a_name_may_differ_by_group_and_the_user_follows(tmp_path: Path) -> None:
    found = hosts(
        tmp_path,
        "[app]\nname = 'hello'\n[groups.test]\nhosts = ['t']\napp.name = 'hello-test'\n[hosts.t]\naddress='a'\n",
    )
    assert (found["t"].app.name, found["t"].app.user) == ("hello-test", "hello-test")


def test_ssh_settings_are_those_of_the_host_else_of_ssh_else_left_to_ssh_config(tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    (tmp_path / "own").touch()
    (tmp_path / "config").touch()
    alias = one(tmp_path, "")
    assert (alias.target, alias.address, alias.port, alias.identity) == ("web1", None, None, None)
    assert (alias.user, alias.admin, alias.host_keys, alias.ssh_config) == ("deploy", "root", "accept-new", None)
    ssh = """
[ssh]
user = "ship"
admin = "ubuntu"
port = 2222
identity = "key"
gateway = "jump@192.0.2.9"
host_keys = "refuse"
known_hosts = "known"
config = "config"
"""
    given = one(tmp_path, f"address = '192.0.2.1'\n{ssh}")
    assert (given.target, given.port, given.user, given.admin) == ("192.0.2.1", 2222, "ship", "ubuntu")
    assert (given.identity, given.known_hosts) == (tmp_path / "key", tmp_path / "known")
    assert (given.gateway, given.host_keys, given.ssh_config) == ("jump@192.0.2.9", "refuse", tmp_path / "config")
    own = one(tmp_path, f"port = 22\nuser = 'me'\nadmin = 'root'\nidentity = 'own'\ngateway = 'other'\n{ssh}")
    assert (own.port, own.user, own.admin, own.gateway) == (22, "me", "root", "other")
    assert own.identity == tmp_path / "own"


def test_a_gateway_may_be_a_host_of_the_inventory_and_does_not_go_through_itself(tmp_path: Path) -> None:
    found = hosts(
        tmp_path,
        "[app]\nname = 'hello'\n[ssh]\ngateway = 'bastion'\n[hosts.bastion]\naddress = '192.0.2.9'\nport = 2200\n"
        "[hosts.web1]\n[hosts.six]\naddress = '2001:db8::1'\ngateway = 'web1'\n",
    )
    assert found["bastion"].gateway is None
    assert found["web1"].gateway == "deploy@192.0.2.9:2200"
    assert found["six"].gateway == "deploy@web1"


@pytest.mark.parametrize(
    ("lines", "app", "url"),
    [
        ("address = '192.0.2.1'", "", "http://192.0.2.1/"),
        ("address = '2001:db8::1'", "", "http://[2001:db8::1]/"),
        ("", "", "http://web1/"),
        ("address = '192.0.2.1'", "port = 8080", "http://192.0.2.1:8080/"),
        ("address = '192.0.2.1'\nhttp_port = 8000", "port = 8080", "http://192.0.2.1:8000/"),
        ("address = '192.0.2.1'", "domains = ['a.org', 'b.org']", "http://a.org/"),
        ("address = '192.0.2.1'", "domains = ['*.a.org', 'b.org']\nhttps = true\nport = 8080", "https://b.org/"),
        ("address = '192.0.2.1'", "domains = ['*.a.org']", "http://192.0.2.1/"),
    ],
)
def test_a_host_knows_where_people_find_the_site(tmp_path: Path, lines: str, app: str, url: str) -> None:
    assert one(tmp_path, lines, app).url == url


def test_a_rootless_host_has_one_account_and_a_folder_of_its_own(tmp_path: Path) -> None:
    host = one(tmp_path, "rootless = true\nuser = 'web'", "user = 'app'\nroot = '/srv'")
    assert (host.user, host.admin, host.app.user) == ("web", "web", "web")
    assert (host.app.root, host.app.port, host.http_port) == ("/home/web/slipway", 8080, 8080)
    root = one(tmp_path, "rootless = true\nuser = 'root'\nroot = '/opt/apps'\napp.port = 9000")
    assert (root.admin, root.app.root, root.app.port, root.http_port) == ("root", "/opt/apps", 9000, 9000)


def test_a_host_may_have_a_root_folder_of_its_own(tmp_path: Path) -> None:
    assert one(tmp_path, "root = '/data'", "root = '/opt'").app.root == "/data"


LAB = """
default = "lab"
[app]
name = "hello"
[ssh]
gateway = "bastion"
port = 2200
[groups.lab]
lab = true
hosts = ["lab1", "lab2"]
[hosts.lab2]
roles = ["second"]
app.keep = 9
"""


def test_a_lab_that_is_down_can_be_selected_and_ignores_the_users_ssh_settings(tmp_path: Path) -> None:
    found = hosts(tmp_path, LAB, "")
    assert [host.address for host in found.values()] == ["127.0.1.1", "127.0.1.2"]
    for host in found.values():
        assert (host.lab, host.engine, host.gateway, host.port) == (True, None, None, None)
        assert host.ssh_config == Path("/dev/null")
    assert (found["lab2"].roles, found["lab2"].app.keep) == (("second",), 9)
    assert load(tmp_path).lab == ("lab1", "lab2")


def lab_host(name: str, **changes: object) -> LabHost:
    values = asdict(LabHost(name, "127.0.3.1", 2222, 8080, "root", "/k", "/known", "podman", f"slipway-{name}"))
    return LabHost(**{**values, **changes})


def test_a_lab_that_is_up_says_how_its_hosts_are_reached(tmp_path: Path) -> None:
    (tmp_path / ".lab").mkdir()
    save_state(
        tmp_path / ".lab",
        [
            lab_host("lab1"),
            lab_host(
                "lab2", engine="local", rootless=True, root="/x/lab2", user="me.too", admin="me.too", http_port=8102
            ),
        ],
    )
    found = hosts(tmp_path, LAB, "lab")
    lab1, lab2 = found["lab1"], found["lab2"]
    assert (lab1.address, lab1.port, lab1.http_port, lab1.app.port) == ("127.0.3.1", 2222, 8080, 80)
    assert (lab1.user, lab1.admin, lab1.engine, lab1.host_keys) == ("deploy", "root", "podman", "refuse")
    assert (lab1.identity, lab1.known_hosts) == (Path("/k"), Path("/known"))
    assert (lab2.user, lab2.admin, lab2.app.user, lab2.app.root) == ("me.too", "me.too", "me.too", "/x/lab2")
    assert (lab2.rootless, lab2.app.port, lab2.http_port, lab2.app.keep) == (True, 8102, 8102, 9)


def test_a_lab_host_has_no_address_that_its_container_does_not_forward(tmp_path: Path) -> None:
    (tmp_path / ".lab").mkdir()
    rootless = lab_host("lab2", engine="local", rootless=True, root="/x", user="me", admin="me", http_port=8102)
    save_state(tmp_path / ".lab", [lab_host("lab1"), rootless])
    lab1, lab2 = hosts(tmp_path, LAB, "lab").values()
    assert (lab1.url, lab1.not_forwarded) == ("http://127.0.3.1:8080/", "")
    lab1, lab2 = hosts(tmp_path, LAB.replace("[app]", "[app]\nport = 8099"), "lab").values()
    assert lab1.url == "http://127.0.3.1:8099/"
    assert lab1.not_forwarded == "on lab1 itself only: the lab forwards port 80 and not app.port"
    assert (lab2.url, lab2.not_forwarded) == ("http://127.0.3.1:8102/", "")


def test_the_inventory_is_found_from_subfolders_and_by_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "inventory.toml").write_text("[app]\nname = 'hello'\n[hosts.web1]\n", encoding="utf-8")
    other = tmp_path / "other.toml"
    other.write_text("[app]\nname = 'other'\n[hosts.web1]\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert load().path == tmp_path / "inventory.toml"
    monkeypatch.setenv("SLIPWAY_INVENTORY", "../../other.toml")
    assert load().select("all")[0].app.name == "other"
    assert os.path.samefile(load().folder, tmp_path)
    monkeypatch.setenv("SLIPWAY_INVENTORY", str(tmp_path))
    assert load().path == tmp_path / "inventory.toml"
    assert load(other).path == other


def test_hosts_are_told_apart_by_name(layered: dict[str, Host]) -> None:
    web1 = layered["web1"]
    assert {web1: 1}[web1] == 1
    assert web1 != layered["web2"]


def test_importing_the_inventory_is_quick_and_brings_nothing_heavy() -> None:
    program = (
        "import sys, time, msgspec; start = time.process_time(); import slipway.inventory; "
        "import json; print(json.dumps([time.process_time() - start, sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    seconds, modules = json.loads(done.stdout)
    heavy = {"dotenv", "fabric", "invoke", "paramiko", "rich", "jinja2", "slipway.lab.state", "hashlib"}
    assert heavy & set(modules) == set()
    assert seconds < 0.2  # about 0.015 s; the bound only catches what is out of proportion


def test_commands_come_between_files_and_tables_and_required_names_add_up(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text("A=file\n", encoding="utf-8")
    (tmp_path / "inventory.toml").write_text(
        """
env_files = ["a.env"]
env_commands = ["echo A=command"]
env_required = ["A"]
[app]
name = "hello"
[env]
B = { command = "pass show b", timeout = 5 }
[groups.prod]
hosts = ["web1"]
env = { C = { generate = 20 } }
env_required = ["C", "A"]
[hosts.web1]
address = "web1.example.org"
""",
        encoding="utf-8",
    )
    (host,) = load(tmp_path).select("web1")
    label = str(load(tmp_path).place.file)
    assert host.sources == (
        Table("a.env", {"A": Secret("file")}),
        Command(f"{label}: env_commands[0]", "echo A=command", tmp_path),
        Table("[env]", {"B": Command(f"{label}: env.B", "pass show b", tmp_path, 5)}),
        Table("[groups.prod.env]", {"C": Generate(20)}),
    )
    assert host.required == ("A", "C")
    assert host.env == {"A": Secret("file")}


def test_a_mark_of_windows_editors_at_the_start_is_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "inventory.toml"
    path.write_text("[app]\nname = 'hello'\nsource = '.'\n[hosts.web1]\n", encoding="utf-8-sig")
    assert load(path).hosts["web1"].app.name == "hello"


def test_health_checks_ask_an_ipv6_host_in_brackets_as_browsers_do(tmp_path: Path) -> None:
    from slipway.steps.common import health_question

    path = tmp_path / "inventory.toml"
    path.write_text("[app]\nname = 'hello'\nsource = '.'\n[hosts.six]\naddress = '2001:db8::1'\n")
    assert health_question(load(path).hosts["six"])["host"] == "[2001:db8::1]"
