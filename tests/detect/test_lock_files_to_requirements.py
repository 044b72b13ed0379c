"""Lock files of Poetry, PDM and Pipenv become pinned requirements with hashes, of what is wanted alone."""

from __future__ import annotations

import pytest

from slipway.core.errors import UsageError
from slipway.detect import poetry_dependencies_to_pep508
from slipway.detect.lock_files_to_requirements import Choice, pinned
from slipway.detect.project_metadata import read_project

from .test_detect import Tree


def pins(path: str, text: str, project: str = "", **choice: tuple[str, ...]) -> list[str]:
    found = read_project(Tree({"pyproject.toml": project}), "") if project else None
    return pinned(path, text, found, Choice(**choice)).splitlines()


def package(name: str, more: str = "", hash: str = "sha256:1") -> str:
    files = f'files = [{{file = "x", hash = "{hash}"}}]\n' if hash else ""
    return f'[[package]]\nname = "{name}"\nversion = "1"\n{files}{more}\n'


MAIN, DEV = 'groups = ["main"]\n', 'groups = ["dev"]\n'
POETRY_2 = [
    package("a", MAIN + "markers = \"sys_platform == 'x'\"\n"),
    package("b", DEV),
    package("c", 'groups = ["main", "dev"]\noptional = true\nmarkers = "extra == \'more\'"\n'),
    package("d", MAIN + '[package.source]\ntype = "git"\nurl = "https://x/d"\nresolved_reference = "abc"\n'),
    package("e", MAIN + '[package.source]\ntype = "directory"\nurl = "e"\n'),
    package("f", MAIN + '[package.source]\ntype = "legacy"\nurl = "https://own/simple"\n'),
]


def test_poetry_2_says_of_each_package_when_it_is_needed() -> None:
    lines = pins("poetry.lock", "".join(POETRY_2))
    assert lines == [
        "--extra-index-url https://own/simple",
        "a==1 ; sys_platform == 'x' --hash=sha256:1",
        "c==1 ; python_version < '3' --hash=sha256:1",
        "d @ git+https://x/d@abc",
        "f==1 --hash=sha256:1",
    ]


def test_extras_and_groups_are_chosen() -> None:
    lines = pins("sub/poetry.lock", "".join(POETRY_2[:3]), extras=("more",), groups=("dev",))
    assert "b==1 --hash=sha256:1" in lines
    assert "c==1 ; python_version >= '3' --hash=sha256:1" in lines


def test_poetry_1_leaves_it_to_the_dependencies_of_each_package() -> None:
    text = "".join(
        [
            package("a", "[package.dependencies]\nb = \"*\"\nw = { version = \"*\", markers = \"os_name == 'nt'\" }\n"),
            package("b", '[package.dependencies]\na = "*"\nopt = { version = "*", optional = true }\n'
                         '[package.extras]\nx = ["opt (>=1)"]\n'),
            package("w", '[package.dependencies]\nv = "*"\n'),
            *(package(name) for name in ("v", "opt", "tool", "pg")),
        ]
    )  # fmt: skip
    project = (
        "[tool.poetry.dependencies]\npython = '*'\na = '*'\npg = { version = '*', optional = true }\n"
        "[tool.poetry.extras]\ndb = ['pg']\n[tool.poetry.group.dev.dependencies]\ntool = '*'\n"
    )
    marked = " ; (os_name == 'nt')"
    assert [line.split(" --")[0] for line in pins("poetry.lock", text, project)] == [
        *("a==1", "b==1", f"w==1{marked}", f"v==1{marked}")
    ]
    with_extra = project.replace("a = '*'", "a = '*'\nb = { version = '*', extras = ['x'] }")
    lines = pins("poetry.lock", text, with_extra, extras=("db",), groups=("dev",))
    assert {line.split("==")[0] for line in lines} == {"a", "b", "w", "v", "opt", "tool", "pg"}


def test_pdm_says_groups_and_markers() -> None:
    text = "".join(
        [
            package("a", 'groups = ["default"]\nmarker = "os_name == \'nt\'"\n'),
            package("b", 'groups = ["more"]\n'),
            package("c", 'groups = ["default"]\npath = "./c"\n', hash=""),
            package("d", 'groups = ["default"]\ngit = "https://x/d"\nrevision = "abc"\nsubdirectory = "s"\n', hash=""),
        ]
    )
    assert pins("pdm.lock", text) == [
        "a==1 ; os_name == 'nt' --hash=sha256:1",
        "d @ git+https://x/d@abc#subdirectory=s",
    ]
    assert "b==1 --hash=sha256:1" in pins("pdm.lock", text, extras=("more",))
    with pytest.raises(UsageError, match="inherit_metadata"):
        pins("pdm.lock", package("a"))


def test_pipenv_lists_what_is_wanted_by_group() -> None:
    text = """{"_meta": {"sources": [{"name": "one", "url": "https://one"}, {"name": "two", "url": "https://two"}]},
      "default": {"a": {"version": "==1", "hashes": ["sha256:1"], "index": "one"}, "b": {"path": "./b"},
                  "c": {"version": "==2", "index": "two", "markers": "os_name == 'nt'"}},
      "develop": {"d": {"git": "https://x/d", "ref": "abc"}}}"""
    assert pins("Pipfile.lock", text) == [
        "--extra-index-url https://two", "a==1 --hash=sha256:1", "c==2 ; os_name == 'nt'"
    ]  # fmt: skip
    assert pins("Pipfile.lock", text, groups=("develop",))[-1] == "d @ git+https://x/d@abc"


def test_of_a_pylock_only_what_lies_in_the_commit_is_left_out() -> None:
    head, kept = 'lock-version = "1.0"\n\n', '[[packages]]\nname = "a"\nversion = "1"\n\n'
    local = '[[packages]]\nname = "b"\ndirectory = { editable = true, path = "b" }\n\n'
    table = '[[packages]]\nname = "c"\n[packages.archive]\nsize = 1\npath = "c.whl"\n'
    assert pinned("pylock.toml", head + local + kept + table, None, Choice()) == head + kept


@pytest.mark.parametrize("path", ["poetry.lock", "pdm.lock", "Pipfile.lock"])
def test_a_lock_file_that_cannot_be_read_is_named(path: str) -> None:
    with pytest.raises(UsageError, match=f"{path} cannot be read"):
        pins(path, "[[package")


@pytest.mark.parametrize(
    ("constraint", "compared"),
    [
        ("^1.2.3", ">=1.2.3,<2"), ("^0.2.3", ">=0.2.3,<0.3"), ("^0.0.3", ">=0.0.3,<0.0.4"), ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"), ("~1", ">=1,<2"), ("1.2.*", "==1.2.*"), ("*", ""), ("1.2", "==1.2"),
        (">=1, <2", ">=1,<2"), (">=1 <2", ">=1,<2"), ("~=1.4", "~=1.4"), ("!=1.3", "!=1.3"),
    ],
)  # fmt: skip
def test_constraints_of_poetry_become_those_of_pip(constraint: str, compared: str) -> None:
    assert (
        ",".join(f"{sign}{version}" for sign, version in poetry_dependencies_to_pep508.compared("x", constraint))
        == compared
    )


def test_a_constraint_that_offers_a_choice_is_refused_with_what_helps() -> None:
    with pytest.raises(UsageError, match="'\\^1 \\|\\| \\^2' of x can only be understood by Poetry"):
        poetry_dependencies_to_pep508.compared("x", "^1 || ^2")


def test_dependencies_that_only_poetrys_table_has_become_requirements() -> None:
    text = """[tool.poetry.dependencies]
python = "^3.9"
a = "^1.2"
b = { version = "~2.1", extras = ["x", "y"], python = "<3.12", markers = "os_name == 'posix'" }
c = { git = "https://x/c", tag = "v1" }
d = { path = "libs/d" }
e = { version = "*", optional = true }
f = [{ version = "1", python = "<3.10" }, { version = "2", python = ">=3.10" }]
[tool.poetry.extras]
more = ["e"]
"""
    project = read_project(Tree({"pyproject.toml": text}), "")
    assert project
    lines = poetry_dependencies_to_pep508.requirements(project, ("more",), ())
    assert lines == [
        "a>=1.2,<2",
        "b[x,y]>=2.1,<2.2 ; (os_name == 'posix') and (python_version < \"3.12\")",
        "c @ git+https://x/c@v1",
        "d",
        "e",
        'f==1 ; (python_version < "3.10")',
        'f==2 ; (python_version >= "3.10")',
    ]
    assert "e" not in poetry_dependencies_to_pep508.requirements(project, (), ())
