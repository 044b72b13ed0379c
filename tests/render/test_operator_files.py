"""Files that an app gets from its operator: read beside the inventory, filled in, and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from slipway.core.errors import UsageError
from slipway.inventory.app import File
from slipway.model.step import Target
from slipway.render.operator_files import LARGEST, Missing, contents, digest
from slipway.steps import operator_files
from slipway.steps.release_fingerprint import fingerprint
from slipway.steps.skip_unchanged_commands import key
from tests.steps.targets import target


def made(folder: Path, **files: File) -> Target:
    plain = target(files={name.replace("__", "/"): file for name, file in files.items()})
    return replace(plain, host=replace(plain.host, folder=folder))


def template(folder: Path, text: str) -> Target:
    (folder / "local.j2").write_text(text)
    return made(folder, conf__local=File(template="local.j2"))


def test_a_file_comes_as_it_is_and_a_template_filled_in(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"{{ env.X }}\xff\n")
    (tmp_path / "local.j2").write_text("key: {{ env.SECRET_KEY | tojson }}\nat: {{ host }}\n")
    found = contents(made(tmp_path, a=File(source="plain"), conf__local=File(template="local.j2")))
    assert found == {"a": b"{{ env.X }}\xff\n", "conf/local": b'key: "s3cr3t"\nat: web1\n'}


def test_values_travel_as_payload_and_the_script_has_none(tmp_path: Path) -> None:
    step = operator_files.write(template(tmp_path, "key: {{ env.SECRET_KEY }}"))
    assert "s3cr3t" not in step.script.text
    assert step.payload is not None
    assert step.payload({}) == b"11\nkey: s3cr3t"
    assert "s3cr3t" not in repr(step)


def test_a_changed_file_is_another_release_and_ends_proofs(tmp_path: Path) -> None:
    before = template(tmp_path, "a")
    first = (fingerprint(before), key(before, "static").text, digest(before))
    after = template(tmp_path, "b")
    assert not set(first) & {fingerprint(after), key(after, "static").text, digest(after)}


def test_a_name_that_hosts_may_keep_is_missed_only_when_it_is_needed(tmp_path: Path) -> None:
    step = operator_files.write(template(tmp_path, "{{ env.GENERATED }}"))
    assert step.payload is not None
    with pytest.raises(Missing, match="has no attribute 'GENERATED'"):
        step.payload({})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% if %}", r"local.j2:1: "),
        ("{{ env.SECRET_KEY + 1 }}", "cannot be filled in: TypeError"),
        ("{{ [1][env.SECRET_KEY] + {}[env.SECRET_KEY] }}", "local.j2"),
        ("{% include 'plain' %}", "cannot be filled in: TypeError"),
    ],
)
def test_a_wrong_template_is_told_without_a_value(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        contents(template(tmp_path, text))
    assert "s3cr3t" not in f"{caught.value.message} {caught.value.hint}"


def test_the_whole_environment_is_never_written(tmp_path: Path) -> None:
    assert contents(template(tmp_path, "{{ env }} {{ env | string }}"))["conf/local"] == b"*** ***"


def test_no_link_leads_out_of_the_folder_of_the_inventory(tmp_path: Path) -> None:
    folder = tmp_path / "inventory"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret").write_text("of the operator")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "sub" / "up").symlink_to(tmp_path)
    (folder / "fine").symlink_to("real")
    (folder / "real").write_text("here")
    for name in ("link", "sub/up/secret"):
        with pytest.raises(UsageError, match="is a link that leads out of"):
            contents(made(folder, a=File(source=name)))
    assert contents(made(folder, a=File(source="fine"))) == {"a": b"here"}


def test_what_cannot_be_read_or_is_large_is_told(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * (LARGEST + 1))
    for name, said in (("nope", "cannot be read"), (".", "cannot be read"), ("large", "larger than 1 MiB")):
        with pytest.raises(UsageError, match=said):
            contents(made(tmp_path, a=File(source=name)))
