from __future__ import annotations

from pathlib import Path

from slipway.lab import inherited_settings
from slipway.lab.inherited_settings import bundle_file, environment, render_environment


def test_a_plain_machine_hands_nothing_on() -> None:
    assert environment({"HOME": "/home/me", "PATH": "/bin"}, {}, "") == {}


def test_proxies_travel_in_both_spellings_as_programs_disagree_about_them() -> None:
    given = environment({"https_proxy": "http://proxy:3128", "NO_PROXY": "localhost,127.0.0.1"}, {}, "")
    assert given == {
        "https_proxy": "http://proxy:3128",
        "HTTPS_PROXY": "http://proxy:3128",
        "no_proxy": "localhost,127.0.0.1",
        "NO_PROXY": "localhost,127.0.0.1",
    }


def test_what_means_something_on_this_machine_only_stays_here() -> None:
    environ = {"HTTP_PROXY": "http://127.0.0.1:3128", "PIP_INDEX_URL": "http://localhost:3141/root"}
    assert environment(environ, {"extra-index-url": "file:///opt/simple"}, "") == {}
    assert environment(environ, {}, "", same_machine=True)["HTTP_PROXY"] == "http://127.0.0.1:3128"


def test_a_package_index_set_for_pip_holds_for_uv_too() -> None:
    assert environment({}, {"index-url": "https://pkgs.example/simple"}, "") == {
        "PIP_INDEX_URL": "https://pkgs.example/simple",
        "UV_DEFAULT_INDEX": "https://pkgs.example/simple",
    }


def test_an_index_set_for_uv_is_not_overruled() -> None:
    given = environment({"UV_INDEX_URL": "https://u.example", "PIP_INDEX_URL": "https://p.example"}, {}, "")
    assert given == {"UV_INDEX_URL": "https://u.example", "PIP_INDEX_URL": "https://p.example"}


def test_a_bundle_is_named_to_every_program_that_wants_to_be_told() -> None:
    given = environment({}, {}, "/etc/ssl/certs/ca-certificates.crt")
    assert {"SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"} <= set(given)
    assert set(given.values()) == {"/etc/ssl/certs/ca-certificates.crt"}


def test_etc_environment_has_one_quoted_value_a_line_and_nothing_it_cannot_hold() -> None:
    text = render_environment({"B": "two words", "A": "1", "BAD": 'say "no"', "WORSE": "a\nb"})
    assert text == 'A="1"\nB="two words"\n'


def test_settings_of_pip_come_from_its_files_and_the_later_one_wins(tmp_path: Path) -> None:
    (tmp_path / ".pip").mkdir()
    (tmp_path / ".pip/pip.conf").write_text("[global]\nindex-url = https://old.example\ntrusted-host = old.example\n")
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://new.example/%(x)s\ntimeout = 9\n")
    settings = inherited_settings.pip_settings({"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}, tmp_path)
    assert settings["index-url"] == "https://new.example/%(x)s"
    assert settings["trusted-host"] == "old.example"
    assert "timeout" not in settings


def test_a_damaged_pip_configuration_does_not_stop_the_lab(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("not an ini file")
    assert inherited_settings.pip_settings({"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}, tmp_path) == {}


def test_the_bundle_that_this_machine_was_told_of_comes_before_the_systems(tmp_path: Path) -> None:
    ours = tmp_path / "company.pem"
    ours.write_text("-----BEGIN CERTIFICATE-----")
    assert bundle_file({"SSL_CERT_FILE": str(tmp_path / "gone.pem"), "PIP_CERT": str(ours)}) == ours


def test_of_apts_settings_only_those_about_reaching_archives_travel() -> None:
    lines = {
        'Acquire::http::Proxy "http://proxy:3128";': True,
        'Acquire::https::Proxy::deb.example "DIRECT";': True,
        'Acquire::Retries "3";': True,
        'Acquire::Check-Valid-Until "false";': True,
        'Acquire::http::User-Agent "x";': False,
        'Dir::Cache "/elsewhere";': False,
        'APT::Install-Recommends "0";': False,
    }
    assert {line: bool(inherited_settings.APT_SETTING.match(line)) for line in lines} == lines
