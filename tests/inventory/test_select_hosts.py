"""What `--hosts=` may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.inventory import Inventory, load

FILE = """
default = "stage"
[app]
name = "hello"
[groups.stage]
hosts = ["test"]
[groups.prod]
hosts = ["web3", "web1", "web2"]
[groups.empty]
hosts = []
[hosts.web1]
address = "192.0.2.1"
roles = ["cron", "db"]
[hosts.web2]
address = "192.0.2.2"
roles = ["db"]
[hosts.web3]
address = "192.0.2.3"
[hosts.test]
address = "192.0.2.4"
"""


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    (tmp_path / "inventory.toml").write_text(FILE, encoding="utf-8")
    return load(tmp_path)


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("", "test"),
        ("  ", "test"),
        ("prod", "web1 web2 web3"),
        ("web3,web1", "web1 web3"),
        ("web1, web1 ,prod", "web1 web2 web3"),
        ("all", "web1 web2 web3 test"),
        ("db", "web1 web2"),
        ("cron,stage", "web1 test"),
        ("prod,~web2", "web1 web3"),
        ("~web2,prod", "web1 web3"),
        ("prod,!db", "web3"),
        ("all,~prod", "test"),
        ("prod,~web1,~cron,~test", "web2 web3"),
        ("prod,,", "web1 web2 web3"),
        ("~web1", "test"),
        ("empty,web1", "web1"),
    ],
)
def test_a_selection_is_in_the_order_of_the_file_without_doubles(inventory: Inventory, text: str, hosts: str) -> None:
    assert [host.name for host in inventory.select(text)] == hosts.split()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prd", "unknown group, role or host 'prd'; did you mean 'prod'?"),
        ("prod,~web9", "unknown group, role or host 'web9'; did you mean 'web"),
        ("xyzzy", "unknown group, role or host 'xyzzy'"),
        ("-web1", "unknown group, role or host '-web1'; did you mean 'web1'?"),
        ("prod,~", "unknown group, role or host ''"),
        ("empty", "'empty' selects no host"),
        ("web1,~prod", "'web1,~prod' selects no host"),
        ("~test", "'~test' selects no host"),
    ],
)
def test_a_wrong_selection_is_a_usage_error_that_lists_what_there_is(
    inventory: Inventory, text: str, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        inventory.select(text)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
    assert caught.value.hint == "There are all, stage, prod, empty, cron, db, web1, web2, web3, test."


def test_without_a_default_hosts_must_be_named(tmp_path: Path) -> None:
    (tmp_path / "inventory.toml").write_text(FILE.replace("default =", "# default ="), encoding="utf-8")
    with pytest.raises(UsageError, match="no hosts selected") as caught:
        load(tmp_path).select("")
    assert caught.value.hint.startswith("Say --hosts=NAME; there are all, stage")
