"""The first deploy of an app says in a few lines what it is taken for."""

from __future__ import annotations

from slipway.operations.describe_app import AppDescription, EnvironmentVariable
from slipway.output.first_deploy_summary import first_deploy


def variable(name: str, state: str) -> EnvironmentVariable:
    return EnvironmentVariable(name, "app.py:1", "optional", "", state, state)  # type: ignore[arg-type]


def test_it_is_short_and_names_no_value() -> None:
    detected = {
        "kind": "wsgi",
        "entry point": "app:app",
        "server": "gunicorn",
        "python": "3.12 (runtime.txt)",
        "media": "x",
    }
    variables = (variable("A", "set"), variable("B", "default"), variable("C", "set"))
    about = AppDescription("shop", "0" * 40, "wsgi", detected, variables, (), (), ())
    assert first_deploy(about) == [
        "first deploy of shop: kind wsgi; entry point app:app; server gunicorn; python 3.12 (runtime.txt)",
        "  reads 3 variables: 2 set, 1 left to defaults",
        "  `fab detect` shows all of it, and what the inventory lacks",
    ]
