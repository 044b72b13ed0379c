"""How addresses of package indexes reach a host: as a payload, and in no script."""

from __future__ import annotations

import subprocess

from msgspec.structs import replace

from slipway.core.shell import PRELUDE, Script
from slipway.env.index_credentials import index_address
from slipway.inventory.app import Build
from slipway.model.step import Target, compose, payload
from slipway.operations import plans
from slipway.output.dry_run import show
from slipway.output.operation_words import Headings
from slipway.steps import package_indexes, venv, venv_key
from tests.steps.targets import target

GIVEN = "https://${INDEX_USER}:${INDEX_PASSWORD}@pypi.example.org/simple"
MORE = "https://${TOKEN}@more.example.org/simple"
ENVIRON = {"INDEX_USER": "ann", "INDEX_PASSWORD": "s3cret-word", "TOKEN": "t0ken-word"}


def with_indexes(index: str | None = GIVEN, *more: str, known: bool = True) -> Target:
    plain = target()
    build = Build(index=index, extra_indexes=more)
    given = [*filter(None, [index]), *more]
    indexes = tuple(index_address(one, ENVIRON) for one in given) if known else None
    return replace(plain, app=replace(plain.app, build=build), indexes=indexes)


def run(made: Target, then: Script, environ: dict[str, str] | None = None) -> str:
    steps = (package_indexes.receive(made),)
    text = f"{PRELUDE}{compose(steps)}\n{then}\n"
    done = subprocess.run(
        ["bash", "-c", text],
        input=payload(steps, {}),
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", **(environ or {})},
    )
    return done.stdout.decode()


SHOW = Script('echo "default=${UV_DEFAULT_INDEX-} more=${UV_INDEX-}"')


def test_uv_gets_the_addresses_with_credentials_and_keeps_what_the_host_says_besides() -> None:
    made = with_indexes(GIVEN, MORE)
    said = run(made, package_indexes.for_uv(made) + SHOW, {"UV_INDEX": "https://host.example.org"})
    assert "default=https://ann:s3cret-word@pypi.example.org/simple " in said
    assert said.endswith("more=https://t0ken-word@more.example.org/simple https://host.example.org\n")
    only_more = with_indexes(None, MORE)
    said = run(only_more, package_indexes.for_uv(only_more) + SHOW, {"UV_DEFAULT_INDEX": "https://host.example.org"})
    assert said.endswith("default=https://host.example.org more=https://t0ken-word@more.example.org/simple\n")


def test_another_account_reads_them_before_anything_else() -> None:
    made = with_indexes(GIVEN)
    sender = package_indexes.before(made, Script("echo archive"))
    reader = Script(f"{{ {package_indexes.taken(made)}\n{SHOW}\ncat; }}")
    said = run(made, Script(f"{sender} | {reader}"))
    assert said.endswith("default=https://ann:s3cret-word@pypi.example.org/simple more=\narchive\n")


def test_a_change_of_settings_without_the_variables_fails_only_where_something_has_to_be_installed() -> None:
    made = with_indexes(GIVEN, known=False)
    assert "fail" not in run(made, Script("true"))
    assert "lacks a variable" in run(made, package_indexes.for_uv(made))


def test_no_script_and_no_dry_run_shows_a_credential(capsys: object) -> None:
    made = with_indexes(GIVEN, MORE)
    whole = plans.deploy([made])
    scripts = "".join(compose(steps).text for phase in whole.phases for steps in phase.steps.values())
    show(Headings(whole), verbose=True)
    text = scripts + capsys.readouterr().out + repr(made) + repr(whole)  # type: ignore[attr-defined]
    assert "UV_DEFAULT_INDEX" in text
    for secret in ("s3cret-word", "t0ken-word"):
        assert secret not in text


def test_another_index_makes_another_venv_and_none_costs_nothing() -> None:
    plain = target()
    assert package_indexes.receive(plain).script.text == ""
    assert "_INDEX" not in venv.build(plain).script.text
    keys = {venv_key.key(one) for one in (plain, with_indexes(GIVEN), with_indexes(MORE), with_indexes(None, GIVEN))}
    assert len(keys) == 4
