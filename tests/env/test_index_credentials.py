"""Addresses of package indexes get their credentials from the operator's environment or netrc, and show none."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.env.index_credentials import index_address

GIVEN = "https://${INDEX_USER}:${INDEX_PASSWORD}@pypi.example.org/simple"
ENVIRON = {"INDEX_USER": "ann", "INDEX_PASSWORD": "p@ss/w:rd %", "NETRC": "/nonexistent"}


def test_values_of_variables_are_encoded_for_the_address() -> None:
    url = index_address(GIVEN, ENVIRON).url.reveal()
    assert url == "https://ann:p%40ss%2Fw%3Ard%20%25@pypi.example.org/simple"


def test_every_form_of_the_password_is_a_secret_and_nothing_shows_it() -> None:
    made = index_address(GIVEN, ENVIRON)
    secrets = [secret.reveal() for secret in made.secrets]
    assert {"p@ss/w:rd %", "p%40ss%2Fw%3Ard%20%25", "YW5uOnBAc3MvdzpyZCAl"} < set(secrets)
    assert "ann" not in secrets
    assert "p@ss" not in repr(made)
    assert "p%40" not in repr(made)


def test_a_token_without_a_password_is_a_secret() -> None:
    made = index_address("https://${TOKEN}@pypi.example.org/simple", {"TOKEN": "tok-123"})
    assert made.url.reveal() == "https://tok-123@pypi.example.org/simple"
    assert "tok-123" in [secret.reveal() for secret in made.secrets]


def test_a_variable_that_is_not_set_is_named_and_no_value_is_shown() -> None:
    with pytest.raises(UsageError, match="INDEX_PASSWORD is not set here") as caught:
        index_address(GIVEN, {"INDEX_USER": "ann-the-user"})
    assert "ann-the-user" not in f"{caught.value} {caught.value.hint}"


def test_an_address_without_a_name_gets_what_netrc_has_for_its_host(tmp_path: Path) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine pypi.example.org login ann password s3cret-word\ndefault login any password other-word\n")
    file.chmod(0o600)
    made = index_address("https://pypi.example.org:8443/simple", {"NETRC": str(file)})
    assert made.url.reveal() == "https://ann:s3cret-word@pypi.example.org:8443/simple"
    assert "s3cret-word" in [secret.reveal() for secret in made.secrets]
    other = index_address("https://other.example.org/a@b", {"NETRC": str(file)})
    assert other.url.reveal() == "https://other.example.org/a@b"
    assert other.secrets == ()


def test_a_broken_netrc_is_named_by_line_and_nothing_of_it_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine pypi.example.org login ann pasword s3cret-word\n")
    file.chmod(0o600)
    with pytest.raises(UsageError, match="cannot be read") as caught:
        index_address("https://pypi.example.org/simple", {"NETRC": str(file)})
    assert "s3cret" not in f"{caught.value} {caught.value.hint}"
