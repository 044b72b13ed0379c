"""Which web servers the inventory may name, and what has to be installed for them."""

from __future__ import annotations

import pytest

from slipway.inventory.app import App
from slipway.inventory.merge_layers import contradiction
from slipway.inventory.web_servers import missing_packages, name_in


@pytest.mark.parametrize(
    ("requirement", "name"),
    [
        ("gunicorn", "gunicorn"), ("gunicorn>=23,<24", "gunicorn"), ("gunicorn[gevent]==23.0.0", "gunicorn"),
        ("Uvicorn[standard]==0.30", "uvicorn"), ("uwsgi==2.0.28", "uwsgi"), ("pyuwsgi", "uwsgi"), ("tornado", ""),
    ],
)  # fmt: skip
def test_a_requirement_names_a_server(requirement: str, name: str) -> None:
    assert name_in(requirement) == name


@pytest.mark.parametrize(
    ("requirement", "names", "asgi", "packages"),
    [
        ("gunicorn", set(), False, ("gunicorn",)),
        ("gunicorn", {"gunicorn"}, True, ("uvicorn-worker",)),
        ("gunicorn==23.0.0", {"gunicorn"}, False, ("gunicorn==23.0.0",)),
        ("uvicorn", {"uvicorn"}, True, ()),
        ("uvicorn[standard]", {"uvicorn"}, True, ("uvicorn[standard]",)),
        ("daphne", {"channels"}, True, ("daphne",)),
        ("uwsgi", set(), False, ("pyuwsgi",)),
        ("uwsgi==2.0.28", set(), False, ("pyuwsgi==2.0.28",)),
        ("uwsgi", {"uwsgi"}, False, ()),
    ],
)
def test_what_the_dependencies_lack_is_installed(
    requirement: str, names: set[str], asgi: bool, packages: tuple[str, ...]
) -> None:
    assert missing_packages(requirement, frozenset(names), asgi) == packages


def test_an_unknown_server_is_refused_with_the_known_ones() -> None:
    problem = contradiction(App(name="hello", server="tornado"))
    assert problem is not None
    assert problem[0] == "server"
    assert "gunicorn, uvicorn, hypercorn, granian, waitress, uwsgi, daphne" in problem[1]
