"""The remote programs as texts: what travels must run on the oldest Python of a host, by itself, and quickly."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import slipway.remote
from slipway.remote import program

FOLDER = Path(slipway.remote.__file__).parent
IN_RELEASE = ("django.inspect_project", "django.collectstatic", "django.list_migrations", "django.manage")
FILES = sorted(path for path in FOLDER.glob("*/*.py") if '__name__ == "__main__"' in path.read_text())
PROGRAMS = [f"{path.parent.name}.{path.stem}" for path in FILES]
ON_HOST = [name for name in PROGRAMS if name not in IN_RELEASE]
SLOW = {"typing", "subprocess", "http.client", "xmlrpc.client", "pathlib", "argparse", "dataclasses", "inspect"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_one_text_for_python_3_9(name: str) -> None:
    text = program(name)
    tree = ast.parse(text, feature_version=(3, 9))
    assert "slipway.remote" not in {getattr(node, "module", None) for node in ast.walk(tree)}
    compile(text, name, "exec")


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_two_parts_of_a_program_use_the_same_name(name: str) -> None:
    defined: Counter[str] = Counter()
    for node in ast.parse(program(name)).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            defined[node.name] += 1
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined.update(one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))
    assert [name for name, count in defined.items() if count > 1 and name != "TYPE_CHECKING"] == []


@pytest.mark.parametrize("name", ON_HOST)
def test_a_program_starts_without_slow_imports(name: str) -> None:
    code = f"{program(name).split('if __name__ ==')[0]}\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-I", "-"], input=code, capture_output=True, text=True, check=True)
    assert SLOW & set(loaded.stdout.split()) == set()


def test_an_unknown_program_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        program("web.no_such_program")
