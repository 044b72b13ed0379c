"""Every file that says what is installed is found, and what cannot be installed is refused before a deploy."""

from __future__ import annotations

import re

import pytest

from slipway.core.errors import UsageError
from slipway.detect.local_packages import LocalPackage

from .test_detect import FLASK, found, refused

APP = {"app.py": FLASK}
LOCK = "[[package]]\nname = 'app'\nsource = {virtual = '.'}\n"


def test_included_files_are_all_listed_once_and_their_names_count() -> None:
    files = {
        **APP,
        "requirements.txt": "-r requirements/prod.txt\n-c constraints.txt\nflask  # why\n",
        "requirements/prod.txt": "-r base.txt\n--requirement=more.txt\npsycopg[binary] >= 3 \\\n  --hash=sha256:x\n",
        "requirements/base.txt": "-r ../requirements.txt\nDjango_Thing==1\n",
        "requirements/more.txt": "gunicorn\n-rbase.txt\n",
        "constraints.txt": "idna<4",
    }
    requirements = found(files).requirements
    assert requirements.roots == ("requirements.txt",)
    assert requirements.files == (
        "requirements.txt",
        "requirements/prod.txt",
        "constraints.txt",
        "requirements/base.txt",
        "requirements/more.txt",
    )
    assert requirements.names >= {"flask", "psycopg", "django-thing", "gunicorn"}


def test_what_is_not_a_requirement_is_passed_over() -> None:
    lines = "# x\n\n--index-url https://x/simple\n-r https://x/other.txt\n-e git+https://x/y.git#egg=My_Pkg\na @ https://x\n"
    requirements = found({**APP, "requirements.txt": lines}).requirements
    assert requirements.files == ("requirements.txt",)
    assert requirements.names == {"my-pkg", "a"}


LOCAL = [
    *(".", "-e .", "--editable=./lib", "./lib[extra]", "../x", "file:./x", "-e file:x", "-e lib", "-elib", "lib/"),
    *("libs/mine", "libs/mine[extra]", "/opt/lib", "~/lib", "mine.whl", "wheels/mine-1-py3-none-any.whl", "x-1.tar.gz"),
    *("mine @ file:///opt/x", "mine@file:x", "mine @ ./libs/mine", "mine[a] @ libs", "mine @ git+file:///x", "FILE:x"),
    *("${PWD}/libs/mine", "'./lib'", "./lib ; python_version > '3'", "-e 'lib'", "-e git+file:///x#egg=y"),
]


@pytest.mark.parametrize("line", LOCAL)
def test_a_folder_that_is_no_package_of_the_commit_is_refused_with_its_place(line: str) -> None:
    error = refused({**APP, "requirements.txt": f"flask\n{line}\n"})
    assert str(error).startswith("requirements.txt, line 2: ")
    assert str(error).endswith(" is not a package in the commit")
    assert "git+https" in error.hint


@pytest.mark.parametrize("option", ["-r", "-c", "--constraint"])
def test_a_folder_that_an_included_file_names_is_refused_with_that_file(option: str) -> None:
    files = {"requirements.txt": f"flask \\\n  >= 3\n{option} sub/more.txt\n", "sub/more.txt": "-r last.txt\n"}
    error = refused({**APP, **files, "sub/last.txt": "idna \\\n  >= 3\n./lib\n"})
    assert str(error) == "sub/last.txt, line 3: ./lib is not a package in the commit"


SETUP = "from setuptools import setup\nsetup(name='lib', version='1')\n"


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("./lib", LocalPackage("lib", "listed")),
        ("-e lib", LocalPackage("lib", "listed")),
        ("-e ./lib[a,b]", LocalPackage("lib", "listed", "[a,b]")),
        ("thing[a] @ ./lib ; python_version < '3.12'", LocalPackage("lib", "listed", "[a]", "python_version < '3.12'")),
        ("thing @ file:lib", LocalPackage("lib", "listed")),
        ("wheels/x-1-py3-none-any.whl", LocalPackage("wheels/x-1-py3-none-any.whl", "listed")),
    ],
)
def test_a_package_of_the_commit_that_a_line_names_is_built_and_the_line_left_out(
    line: str, package: LocalPackage
) -> None:
    files = {"lib/setup.py": SETUP, "wheels/x-1-py3-none-any.whl": "PK", "requirements.txt": f"flask\n{line}\n"}
    requirements = found({**APP, **files}).requirements
    assert requirements.local == (package,)
    assert requirements.local_lines == (("requirements.txt", ((2, 2),)),)
    assert requirements.files[0] == "requirements.txt"
    assert len(requirements.files) == 2, "what the package depends on is part of the venv's key"


PUBLIC = [
    *("flask", "flask[async]>=3 ; sys_platform == 'linux/x'", "a @ https://x/y.whl", "-e git+https://x/y.git#egg=y"),
    *("git+ssh://git@x/y.git", "https://x/y.tar.gz#egg=y", "x==1 --hash=sha256:a/b", "--index-url https://x/simple"),
    *("--find-links=wheels/", "x @ git+https://x/y.git@main#subdirectory=a/b"),
]


@pytest.mark.parametrize("line", PUBLIC)
def test_what_comes_from_an_index_or_a_server_is_no_local_folder(line: str) -> None:
    assert found({**APP, "requirements.txt": f"{line}\n"})


BEGIN = "[project]\nname = 'app'\ndependencies = ['lib']\n"
LIB = {"libs/lib/pyproject.toml": "[project]\nname = 'lib'\ndependencies = ['idna']\n[build-system]\n",
       "libs/lib/lib/__init__.py": ""}  # fmt: skip
WORKSPACE = "[tool.uv.workspace]\nmembers = ['libs/*']\n[tool.uv.sources]\nlib = { workspace = true }\n"
LOCKED = """version = 1
[[package]]
name = "app"
source = { OWN = "." }
dependencies = [{ name = "lib" }, { name = "idna" }]
[[package]]
name = "lib"
source = { editable = "libs/lib" }
[[package]]
name = "idna"
source = { registry = "https://x/simple" }
[[package]]
name = "other"
source = { editable = "libs/other" }
"""


@pytest.mark.parametrize("sources", [WORKSPACE, "[tool.uv.sources]\nlib = { path = 'libs/lib' }\n"])
def test_a_project_builds_what_it_takes_from_folders(sources: str) -> None:
    requirements = found({**APP, **LIB, "pyproject.toml": BEGIN + sources}).requirements
    assert requirements.local == (LocalPackage("libs/lib", "needed"),)
    assert requirements.files == ("pyproject.toml", "libs/lib/pyproject.toml")
    assert "idna" in requirements.names


@pytest.mark.parametrize(
    ("sources", "place"),
    [
        ("[tool.uv.sources]\nlib = { path = '../lib' }\n", "pyproject.toml: lib in [tool.uv.sources]: ../lib is not"),
        ("[tool.uv.sources]\nlib = { workspace = true }\n", "pyproject.toml: lib in [tool.uv.sources] is no member"),
    ],
)
def test_a_project_that_takes_a_package_from_outside_of_the_commit_is_refused(sources: str, place: str) -> None:
    assert str(refused({**APP, "pyproject.toml": BEGIN + sources})).startswith(place)


def test_a_locked_project_builds_what_it_needs_of_its_workspace_and_itself_if_it_is_a_package() -> None:
    virtual = {**APP, **LIB, "pyproject.toml": BEGIN + WORKSPACE, "uv.lock": LOCKED.replace("OWN", "virtual")}
    assert found(virtual).requirements.local == (LocalPackage("libs/lib", "alone"),)
    package = f"{BEGIN}[build-system]\n{WORKSPACE}"
    locked = {**virtual, "pyproject.toml": package, "uv.lock": LOCKED.replace("OWN", "editable"), "app/__init__.py": ""}
    requirements = found(locked).requirements
    assert requirements.local == (LocalPackage("", "alone"), LocalPackage("libs/lib", "alone"))
    assert requirements.member == "app"
    assert found(locked, install_project=False).requirements.local == (LocalPackage("libs/lib", "alone"),)


def test_a_member_of_a_workspace_is_deployed_with_the_lock_file_of_its_root() -> None:
    member = {"libs/web/pyproject.toml": "[project]\nname = 'web'\n", "libs/web/app.py": FLASK}
    lock = 'version = 1\n[[package]]\nname = "web"\nsource = { virtual = "libs/web" }\n'
    root = {"pyproject.toml": "[tool.uv.workspace]\nmembers = ['libs/*']\n", "uv.lock": lock}
    requirements = found({**member, **root}, chdir="libs/web").requirements
    assert (requirements.kind, requirements.folder, requirements.member) == ("uv", "", "web")


# The project itself

SYSTEM = "[build-system]\nrequires = ['X']\nbuild-backend = 'X'\n"


@pytest.mark.parametrize(
    ("files", "itself"),
    [
        ({"pyproject.toml": "[project]\nname = 'shop'\ndependencies = []\n"}, False),
        ({"pyproject.toml": f"[project]\nname = 'shop'\n{SYSTEM}".replace("X", "hatchling")}, False),
        ({"pyproject.toml": f"[project]\nname = 'shop'\n{SYSTEM}".replace("X", "hatchling"), "shop.py": ""}, True),
        (
            {"pyproject.toml": f"[project]\nname = 'my-shop'\n{SYSTEM}".replace("X", "poetry.core.masonry.api"),
             "src/my_shop/__init__.py": ""},
            True,
        ),
        ({"pyproject.toml": "[project]\nname = 'shop'\n[tool.uv]\npackage = true\n"}, True),
        ({"pyproject.toml": f"[project]\nname = 'shop'\n{SYSTEM}[tool.uv]\npackage = false\n"}, False),
        ({"pyproject.toml": f"[project]\nname = 'x'\n{SYSTEM}".replace("X", "setuptools.build_meta")}, True),
        ({"pyproject.toml": f"[project]\nname = 'x'\n{SYSTEM}".replace("X", "setuptools.build_meta"),
          "one/__init__.py": "", "two/__init__.py": ""}, False),
        ({"pyproject.toml": f"[project]\nname = 'x'\n{SYSTEM}".replace("X", "setuptools.build_meta"),
          "one/__init__.py": "", "tests/__init__.py": ""}, True),
        ({"requirements.txt": "flask", "setup.py": SETUP}, True),
        ({"requirements.txt": "-e .", "setup.py": SETUP}, True),
    ],
)  # fmt: skip
def test_the_project_itself_is_installed_where_its_build_back_end_finds_a_package(
    files: dict[str, str], itself: bool
) -> None:
    local = found({**APP, **files}).requirements.local
    assert [package.path for package in local] == ([""] if itself else [])
    if "-e" not in files.get("requirements.txt", ""):
        assert found({**APP, **files}, install_project=False).requirements.local == ()
        assert [package.path for package in found({**APP, **files}, install_project=True).requirements.local] == [""]


def test_a_project_whose_dependencies_only_a_build_can_tell_is_installed_with_them() -> None:
    requirements = found({**APP, "setup.py": "setup(name='x', install_requires=READ)"}).requirements
    assert requirements.local == (LocalPackage("", "complete"),)
    assert requirements.dynamic
    assert found({**APP, "setup.py": "setup(name='x', install_requires=['flask'])"}).requirements.names == {"flask"}


@pytest.mark.parametrize("target", ["${PWD}/../more.txt", "link/../more.txt", "../$X/../more.txt", "file:///more.txt"])
def test_an_included_file_is_the_one_that_uv_reads_on_the_host(target: str) -> None:
    error = refused({**APP, "requirements.txt": f"-r {target}\n", "more.txt": "idna\n"})
    assert f"requirements.txt includes {target}" in str(error)


@pytest.mark.parametrize("target", ["absent.txt", "../outside.txt"])
def test_an_included_file_that_is_not_committed_is_refused(target: str) -> None:
    error = refused({**APP, "requirements.txt": f"-r {target}\n"})
    assert str(error) == f"requirements.txt includes {target}, which is not in the commit"


@pytest.mark.parametrize(
    ("files", "kind", "roots"),
    [
        ({"requirements.txt": "", "pyproject.toml": "[tool.x]"}, "requirements", ("requirements.txt",)),
        (
            {"requirements/production.txt": "", "requirements/base.txt": ""},
            "requirements",
            ("requirements/production.txt",),
        ),
        ({"pyproject.toml": "[project]\ndependencies = ['flask']"}, "pyproject", ("pyproject.toml",)),
        (
            {"pyproject.toml": "[project]\n", "uv.lock": "version = 1", "requirements.txt": ""},
            "uv",
            ("pyproject.toml",),
        ),
        ({"pyproject.toml": "[project]\ndependencies = []", "poetry.lock": ""}, "locked", ("poetry.lock",)),
        ({"pylock.toml": "", "requirements.txt": ""}, "locked", ("pylock.toml",)),
        ({"Pipfile.lock": "{}", "Pipfile": ""}, "locked", ("Pipfile.lock",)),
        ({"pyproject.toml": "[tool.poetry.dependencies]\nflask = '^3'\n"}, "poetry", ()),
        ({"pyproject.toml": "[tool.black]"}, "none", ()),
        ({}, "none", ()),
    ],
)
def test_the_best_file_there_is_is_taken(files: dict[str, str], kind: str, roots: tuple[str, ...]) -> None:
    requirements = found({**APP, **files}).requirements
    assert (requirements.kind, requirements.roots) == (kind, roots)


def test_a_locked_project_depends_on_both_files_and_only_on_its_own_names() -> None:
    project = "[project]\ndependencies = ['Flask>=3', 'gunicorn']\n[dependency-groups]\ndev = ['uvicorn-worker']\n"
    detected = found({**APP, "pyproject.toml": project, "uv.lock": "version = 1"})
    assert detected.requirements.files == ("pyproject.toml", "uv.lock")
    assert detected.requirements.names == {"flask", "gunicorn"}
    assert detected.servers == ()


@pytest.mark.parametrize(
    ("file", "advice"), [("Pipfile", "pipenv lock"), ("environment.yml", "app.packages"), ("environment.yaml", "conda")]
)
def test_a_file_that_nothing_can_be_installed_from_is_refused_with_what_helps(file: str, advice: str) -> None:
    error = refused({**APP, file: ""})
    assert str(error) == f"cannot install from {file} alone"
    assert advice in error.hint


def test_lock_files_name_what_lies_in_the_commit() -> None:
    pipfile = '{"default": {"lib": {"path": "./lib"}, "flask": {"version": "==3"}}}'
    pylock = '[[packages]]\nname = "lib"\ndirectory = { path = "lib" }\n[[packages]]\nname = "flask"\nversion = "3"\n'
    pdm = "[project]\ndependencies = ['lib @ file:///${PROJECT_ROOT}/lib', 'flask']\n"
    poetry = "[tool.poetry.dependencies]\nlib = { path = 'lib' }\nflask = '*'\n"
    for files in (
        {"Pipfile.lock": pipfile},
        {"pylock.toml": pylock},
        {"pdm.lock": "", "pyproject.toml": pdm},
        {"poetry.lock": "", "pyproject.toml": poetry},
    ):
        requirements = found({**APP, "lib/setup.py": SETUP, **files}).requirements
        assert requirements.kind == "locked"
        assert requirements.local == (LocalPackage("lib", "alone"),)
        assert requirements.names >= {"flask"}


def test_what_the_inventory_adds_counts_and_must_be_there() -> None:
    files = {**APP, "requirements.txt": "flask\n", "limits.txt": "idna<4\n"}
    requirements = found(files, add_requirements=("gunicorn[x]>=23",), constraints=("limits.txt",))
    assert requirements.servers == ()
    assert requirements.requirements.files == ("requirements.txt", "limits.txt")
    assert "is not in the commit" in str(refused(files, constraints=("absent.txt",)))
    assert "plain requirements" in str(refused(files, extras=("web",)))


def test_files_that_the_inventory_names_win() -> None:
    files = {
        **APP,
        "requirements.txt": "",
        "a.txt": "-r b.txt",
        "b.txt": "x",
        "sub/uv.lock": "",
        "sub/pyproject.toml": "",
    }
    chosen = found(files, requirements=("a.txt", "requirements.txt")).requirements
    assert (chosen.roots, chosen.files) == (("a.txt", "requirements.txt"), ("a.txt", "requirements.txt", "b.txt"))
    assert found(files, requirements=("sub/uv.lock",)).requirements.files == ("sub/pyproject.toml", "sub/uv.lock")
    assert str(refused(files, requirements=("c.txt",))) == "app.requirements: c.txt is not in the commit"
    assert "must stand alone" in str(refused(files, requirements=("sub/uv.lock", "a.txt")))


def test_a_broken_pyproject_is_named_with_its_line() -> None:
    assert str(refused({**APP, "pyproject.toml": "[project\n"})).startswith("pyproject.toml: Expected ']'")


# What a commit may hold besides


def test_submodules_are_refused() -> None:
    error = refused({**APP, ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = y\n'})
    assert str(error) == "the app has git submodules, which are not supported yet"
    assert found({**APP, ".gitmodules": "\n"})


@pytest.mark.parametrize(
    ("attributes", "path"),
    [
        ({".gitattributes": "*.psd filter=lfs diff=lfs merge=lfs -text\n"}, "art/a.psd"),
        ({".gitattributes": "/art/*.bin filter=lfs\n"}, "art/a.bin"),
        ({".gitattributes": "art/** filter=lfs\n"}, "art/deep/a"),
        ({"art/.gitattributes": "*.bin filter=lfs\n"}, "art/a.bin"),
    ],
)
def test_git_lfs_pointers_are_refused(attributes: dict[str, str], path: str) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    assert str(refused({**APP, **attributes, path: pointer})).startswith(f"{path} is a git LFS pointer")
    assert found({**APP, **attributes, path: "the file itself"})


def test_files_that_git_crypt_has_encrypted_are_told() -> None:
    attributes = {".gitattributes": "secrets/** filter=git-crypt diff=git-crypt\n"}
    (note,) = [
        note for note in found({**APP, **attributes, "secrets/x": "\0GITCRYPT\0..."}).notes if "git-crypt" in note
    ]
    assert note.startswith("secrets/x is encrypted by git-crypt, and hosts get it so")
    assert not [note for note in found({**APP, **attributes, "secrets/x": "plain"}).notes if "git-crypt" in note]


@pytest.mark.parametrize("name", ["gunicorn.conf.py", ".env", ".flaskenv", ".python-version", "runtime.txt"])
def test_a_file_that_is_not_used_is_told(name: str) -> None:
    assert [note for note in found({**APP, name: ""}).notes if note.startswith(f"{name} is not used")]


def test_a_committed_database_is_told_unless_it_is_linked() -> None:
    files = {**APP, "data/shop.sqlite3": ""}
    assert any(note.startswith("data/shop.sqlite3 is committed: ") for note in found(files).losses)
    assert found(files, linked_dirs=("data",)).losses == ()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("uv.lock", "package = 3", "uv.lock: package is not a list of tables"),
        ("uv.lock", "package = ['x']", "uv.lock: package is not a list of tables"),
        ("uv.lock", LOCK + "dependencies = 3\n", "uv.lock: dependencies of package app is not a list of tables"),
        ("uv.lock", LOCK + "dependencies = ['x']\n", "uv.lock: dependencies of package app is not a list of tables"),
        ("uv.lock", LOCK + "optional-dependencies = {e = 3}\n", "uv.lock: e is not a list of tables"),
        ("uv.lock", LOCK + "dev-dependencies = {dev = {x = 1}}\n", "uv.lock: dev is not a list of tables"),
        ("pyproject.toml", "project = 3\n", "pyproject.toml: project is not a table"),
        ("pyproject.toml", "tool = [1]\n", "pyproject.toml: tool is not a table"),
    ],
)
def test_a_wrong_type_in_a_file_of_the_project_is_a_clear_error(name: str, content: str, said: str) -> None:
    files = {**APP, "pyproject.toml": "[project]\nname = 'app'\ndependencies = []\n", "uv.lock": "version = 1\n"}
    with pytest.raises(UsageError, match=re.escape(said)):
        found({**files, name: content}, extras=("e",), groups=("dev",))


def test_an_extra_of_a_locked_package_that_is_no_list_counts_as_none() -> None:
    lock = LOCK + "dependencies = [{name = 'idna', extra = 5}]\n"
    assert found({**APP, "pyproject.toml": "[project]\nname = 'app'\n", "uv.lock": lock}).requirements.kind == "uv"
