"""The shape of the code, held by reading its imports: docs/architecture.md says why it is so."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = tuple(sorted([*ROOT.glob("slipway/**/*.py"), *ROOT.glob("tasks/**/*.py"), *ROOT.glob("fabfile.py")]))
# The layers, from the top down: a part may import parts of layers below its own, never one above.
LAYERS = (
    "tasks",
    "cli",
    "logs",
    "output",
    "operations",
    "doctor",
    "steps",
    "provision",
    "render",
    "fleet",
    "model",
    "notify",
    "detect",
    "inventory",
    "source",
    "env",
    "lab",
    "remote",
    "core",
)
# Part -> parts that lie below it and that it must not import all the same.
APART = MappingProxyType(
    {
        "tasks": frozenset({"steps"}),  # a task asks for an operation, and does not put one together
        "cli": frozenset({"operations", "steps", "provision", "fleet", "output", "lab"}),
        "output": frozenset({"fleet", "steps", "provision", "lab"}),  # data goes in, lines come out
        "operations": frozenset({"fleet", "lab"}),  # says what would run, and runs nothing
        "doctor": frozenset({"fleet", "provision", "lab"}),
        "steps": frozenset({"fleet", "provision", "lab"}),
        "provision": frozenset({"fleet", "lab"}),
        "render": frozenset({"fleet", "lab"}),
        "fleet": frozenset({"detect", "source", "lab"}),  # runs steps without knowing what they are for
        "lab": frozenset({"remote"}),
        "remote": frozenset({"core"}),  # travels to hosts, where there is nothing but Python
    }
)
# Package -> parts of Slipway that may import it.
MAY_USE = MappingProxyType(
    {
        "fabric": frozenset({"tasks", "fleet", "cli"}),
        "paramiko": frozenset({"fleet", "cli"}),
        "invoke": frozenset({"tasks", "fleet", "cli", "core"}),
        "patchwork": frozenset({"core"}),
        "six": frozenset({"core"}),
    }
)
LINES = 250
LINES_OF_TESTS = 400


def part_of(path: Path) -> str:
    """`tasks`, or the part of slipway that a file belongs to: fleet for slipway/fleet/run_plan.py."""
    inside = path.relative_to(ROOT).with_suffix("").parts
    if inside[0] != "slipway":
        return inside[0]
    return inside[1] if len(inside) > 1 else "slipway"


def imports(path: Path, tree: ast.Module | None = None) -> Iterator[str]:
    """Dotted names of what a file imports, relative ones made absolute; `from a import b` gives `a.b`.

    Args:
        tree: the part of the file to look at; None: all of it.
    """
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree or ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def parts_imported(path: Path) -> set[str]:
    """Parts of Slipway that a file imports, without its own."""
    names = [name.split(".") for name in imports(path)]
    found = {name[1] for name in names if name[0] == "slipway" and len(name) > 1}
    found |= {name[0] for name in names if name[0] in ("tasks", "fabfile", "tests")}
    return found - {part_of(path)}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CODE, ids=named)
def test_imports_follow_the_arrows(path: Path) -> None:
    part, found = part_of(path), parts_imported(path)
    if part not in LAYERS:
        assert found <= {"tasks"}, "only fabfile.py stands outside of the layers, and it imports the tasks"
        return
    below = set(LAYERS[LAYERS.index(part) + 1 :]) - APART.get(part, frozenset())
    assert found <= below, f"{part} must not import these"


def test_every_part_of_slipway_is_a_folder_in_a_layer() -> None:
    assert {path.name for path in (ROOT / "slipway").iterdir() if path.suffix == ".py"} == {"__init__.py"}
    packages = {path.parent.name for path in ROOT.glob("slipway/*/__init__.py")}
    assert packages == set(LAYERS) - {"tasks"}


@pytest.mark.parametrize("path", CODE, ids=named)
def test_packages_are_used_only_where_they_belong(path: Path) -> None:
    packages = {name.split(".")[0] for name in imports(path)}
    wrong = {name for name in packages & set(MAY_USE) if part_of(path) not in MAY_USE[name]}
    assert wrong == set(), f"not to be imported by {part_of(path)}"


@pytest.mark.parametrize("path", [path for path in CODE if path.name != "fabfile.py"], ids=named)
def test_nothing_imports_the_tasks(path: Path) -> None:
    assert part_of(path) == "tasks" or not parts_imported(path) & {"tasks", "fabfile", "tests"}


@pytest.mark.parametrize("path", sorted(ROOT.glob("tasks/**/*.py")), ids=named)
def test_tasks_import_each_other_relatively_since_the_wheel_moves_them(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    absolute = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
    assert not [name for name in absolute if name and name.split(".")[0] == "tasks"]


def module_of(name: str) -> Path | None:
    """The file of the module that a dotted name is, or is something in."""
    words = name.split(".")
    for length in range(len(words), 0, -1):
        place = ROOT.joinpath(*words[:length])
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file in CODE:
                return file
    return None


def loads(path: Path) -> set[Path]:
    """Files that a file needs to be loaded itself; what is imported later, or for types alone, is not among them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    return {file for name in imports(path, tree) if (file := module_of(name))} - {path}


def test_no_file_needs_itself_by_way_of_others() -> None:
    needed = {path: {file for file in loads(path) if file.name != "__init__.py"} for path in CODE}
    while free := [path for path, others in needed.items() if not others & needed.keys()]:
        for path in free:
            del needed[path]
    assert not needed, [named(path) for path in needed]


def mutable(value: ast.expr | None) -> bool:
    """Whether an expression makes a list, dict or set."""
    if isinstance(value, ast.Call):
        name = ast.unparse(value.func).split(".")[-1]
        return name in {"list", "dict", "set", "defaultdict", "deque", "OrderedDict", "Counter", "bytearray"}
    return isinstance(value, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp))


@pytest.mark.parametrize("path", CODE, ids=named)
def test_no_module_holds_mutable_state(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assigned = [node for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign))]
    held = [ast.unparse(node) for node in assigned if mutable(node.value)]
    held = [line for line in held if not line.startswith("__all__")]
    assert held == [], "use a tuple, a frozenset or MappingProxyType"
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Global)]


@pytest.mark.parametrize("path", [*CODE, *ROOT.glob("tests/**/*.py")], ids=named)
def test_files_stay_readable(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= (LINES_OF_TESTS if part_of(path) == "tests" else LINES)


def shipped() -> list[Path]:
    """Every file of the repository that is tracked or would be."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git repository")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    for path in shipped():
        content = path.read_bytes()
        if b"\0" not in content:
            yield named(path), content.decode("utf-8", "replace")


def test_no_file_names_a_folder_of_one_machine() -> None:
    folders = ["/" + name + "/" for name in ("work", "root", "tmp/scratch")]
    found = [(name, folder) for name, text in texts() for folder in folders if folder in text]
    # The lab's hosts have a root, too.
    assert not [(name, folder) for name, folder in found if not (name.startswith("tests/hosts/") and "oo" in folder)]


def test_no_file_names_a_package_registry() -> None:
    # Registries and mirrors are a matter of the machine's own settings: many are behind a proxy or a mirror.
    registries = [
        ".".join(words)
        for words in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("deb", "debian", "org"),
            ("security", "debian", "org"),
            ("archive", "ubuntu", "com"),
            ("docker", "io"),
            ("quay", "io"),
            ("ghcr", "io"),
            ("npmjs", "org"),
        )
    ]
    assert not [(name, registry) for name, text in texts() for registry in registries if registry in text]
