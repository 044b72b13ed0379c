"""Templates: whose file wins, what is quoted how, and what a mistake in one says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.core.errors import UsageError
from slipway.inventory.app import App
from slipway.render.templates import nginx, recipe, render, shipped_folder, shipped_names, supervisor, systemd

VALUES: dict[str, Any] = {"listen": ("80", "[::]:80"), "tls": False}


def write(folder: Path, text: str, name: str = "nginx-default.conf.j2") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def wrong(folder: Path, text: str, **values: object) -> UsageError:
    """The error of a user's own template."""
    with pytest.raises(UsageError) as caught:
        render("nginx-default.conf.j2", folder=write(folder, text), **values)
    return caught.value


def test_a_shipped_template_is_found_without_a_folder_of_the_users_own() -> None:
    assert "listen 80 default_server;" in render("nginx-default.conf.j2", **VALUES)


def test_a_folder_that_is_not_there_is_no_mistake(tmp_path: Path) -> None:
    shipped = render("nginx-default.conf.j2", **VALUES)
    assert render("nginx-default.conf.j2", folder=tmp_path / "templates", **VALUES) == shipped


def test_the_users_own_file_wins(tmp_path: Path) -> None:
    write(tmp_path, "{{ listen | join(',') }}\n")
    assert render("nginx-default.conf.j2", folder=tmp_path, **VALUES) == "80,[::]:80\n"


def test_the_users_own_file_may_change_one_block_of_the_shipped_one(tmp_path: Path) -> None:
    write(
        tmp_path,
        '{% extends "shipped/nginx-default.conf.j2" %}\n{% block answer %}\n    return 421;\n{% endblock %}\n',
    )
    text = render("nginx-default.conf.j2", folder=tmp_path, **VALUES)
    assert "return 421;" in text
    assert "return 444;" not in text
    assert "listen 80 default_server;" in text


def test_a_block_may_keep_what_was_shipped_and_add_to_it(tmp_path: Path) -> None:
    block = "{% block listen %}\n{{ super() }}    listen 81;\n{% endblock %}\n"
    write(tmp_path, '{% extends "shipped/nginx-default.conf.j2" %}\n' + block)
    text = render("nginx-default.conf.j2", folder=tmp_path, **VALUES)
    assert "listen 80 default_server;" in text
    assert "    listen 81;\n" in text


def test_two_folders_do_not_see_each_other(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, name)
    assert render("nginx-default.conf.j2", folder=tmp_path / "one") == "one"
    assert render("nginx-default.conf.j2", folder=tmp_path / "two") == "two"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    assert render("nginx-default.conf.j2", folder=write(tmp_path, "old")) == "old"
    write(tmp_path, "new")
    os.utime(tmp_path / "nginx-default.conf.j2", (1, 1))
    assert render("nginx-default.conf.j2", folder=tmp_path) == "new"


def test_an_unknown_name_is_an_error_with_file_line_and_what_is_known(tmp_path: Path) -> None:
    error = wrong(tmp_path, "fine\n{{ domian }}\n", domain="a", app="b")
    assert error.message == f"{tmp_path}/nginx-default.conf.j2:2: 'domian' is undefined"
    assert error.hint == "Known here: app, domain."
    assert error.code == 2


def test_an_unknown_attribute_is_an_error_and_not_an_empty_text(tmp_path: Path) -> None:
    error = wrong(tmp_path, "\n\n{{ app.nothing }}\n", app=Path())
    assert error.message.startswith(f"{tmp_path}/nginx-default.conf.j2:3: ")
    assert "nothing" in error.message


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    error = wrong(tmp_path, "\n{% block x %}\n{% endblok %}\n")
    assert error.message.startswith(f"{tmp_path}/nginx-default.conf.j2:3: ")
    assert "endblok" in error.message


def test_a_value_that_cannot_be_written_names_file_and_line(tmp_path: Path) -> None:
    error = wrong(tmp_path, "\n{{ value | nginx }}\n", value="$host")
    assert error.message == f"{tmp_path}/nginx-default.conf.j2:2: nginx cannot hold a dollar sign: '$host'"


def test_the_place_of_an_error_is_relative_where_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert wrong(tmp_path, "{{ x }}").message.startswith("nginx-default.conf.j2:1: ")


def test_an_error_inside_the_shipped_file_names_the_shipped_file(tmp_path: Path) -> None:
    error = wrong(tmp_path, '{% extends "shipped/nginx-default.conf.j2" %}\n')
    assert "templates/nginx-default.conf.j2:6: 'listen' is undefined" in error.message


def test_a_file_that_extends_itself_is_told_how_to_extend_the_shipped_one(tmp_path: Path) -> None:
    error = wrong(tmp_path, '{% extends "nginx-default.conf.j2" %}\n')
    assert error.message == "template 'nginx-default.conf.j2' extends or includes itself"
    assert '{% extends "shipped/nginx-default.conf.j2" %}' in error.hint


def test_a_name_that_nobody_ships_is_an_error_that_names_what_there_is(tmp_path: Path) -> None:
    error = wrong(tmp_path, '{% extends "shipped/ngnix.conf.j2" %}\n')
    assert error.message == "there is no template 'shipped/ngnix.conf.j2'"
    assert "nginx.conf.j2" in error.hint


def test_a_template_cannot_reach_outside_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "templates").mkdir()
    assert "no template" in wrong(tmp_path / "templates", '{% include "../secret" %}').message


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_template_compiles_and_ends_with_a_newline(name: str) -> None:
    from slipway.render.templates import _environment

    _environment(None).get_template(name)
    assert (shipped_folder() / name).read_text(encoding="utf-8").endswith("\n")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("/srv/hello", "/srv/hello"),
        ("*.example.org", "*.example.org"),
        ("[::]:80", "[::]:80"),
        ("/srv/my app", '"/srv/my app"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("a;b", '"a;b"'),
        ("{", '"{"'),
        ("", '""'),
    ],
)
def test_nginx_words_are_quoted_where_they_must_be(value: str, written: str) -> None:
    assert nginx(value) == written


@pytest.mark.parametrize("value", ["a$b", "a\nb", "a\0b", "\x7f"])
def test_what_nginx_cannot_hold_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="cannot"):
        nginx(value)


def test_percent_signs_are_doubled_for_supervisord() -> None:
    assert supervisor("date +%F") == "date +%%F"


@pytest.mark.parametrize("value", ["a ;b", "a\nb"])
def test_what_supervisord_would_cut_off_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"comment|cannot"):
        supervisor(value)


def test_systemd_words_keep_their_percent_and_dollar_signs() -> None:
    assert systemd("/srv/hello") == "/srv/hello"
    assert systemd("100% $HOME") == '"100%% $$HOME"'
    assert systemd('a"b') == '"a\\"b"'


@given(st.text(st.characters(blacklist_characters="$\x7f", min_codepoint=32), max_size=20))
def test_any_quoted_nginx_word_reads_back_as_itself(value: str) -> None:
    written = nginx(value)
    if written.startswith('"'):
        assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', written)
        assert re.sub(r"\\(.)", r"\1", written[1:-1]) == value
    else:
        assert written == value
        assert not set(written) & set(" \"';{}#\\")


def test_importing_render_does_not_load_jinja2() -> None:
    code = "import sys, slipway.render.templates; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


class Nobody:
    """A host of which nobody may want to know anything."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"a shipped template asks for host.{name}")


def test_a_recipe_is_the_same_only_for_the_same_values_whatever_is_special_here() -> None:
    def of(source: str, **settings: Any) -> str:
        return recipe("nginx.conf.j2", app=App(name="shop", source=Path(source), **settings), host=Nobody())

    assert of("/home/ann/shop") == of("/home/bob/shop")
    assert of("/home/ann/shop", port=81) != of("/home/ann/shop")


def test_a_recipe_of_the_users_own_template_is_its_text(tmp_path: Path) -> None:
    own = write(tmp_path, "{% include 'more' %}")
    (own / "more").write_text("1")
    assert recipe("nginx-default.conf.j2", folder=own, **VALUES) == "1"
    assert recipe("nginx-default.conf.j2", folder=tmp_path / "none", **VALUES) != "1"


def test_what_has_no_recipe_is_a_defect() -> None:
    with pytest.raises(NotImplementedError, match="templates get no Random"):
        recipe("nginx-default.conf.j2", dice=Random())


def test_no_shipped_template_of_a_release_knows_of_the_host() -> None:
    for name in ("gunicorn.conf.py.j2", "program.conf.j2", "nginx.conf.j2"):
        assert not re.search(r"\{[{%][^}]*\bhost\b", (shipped_folder() / name).read_text()), name
