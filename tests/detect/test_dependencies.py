"""Every file that says what is installed is found, and what cannot be installed is refused before a deploy."""

from __future__ import annotations

import pytest

from .test_detect import FLASK, found, refused

APP = {"app.py": FLASK}


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
def test_code_from_a_local_folder_is_refused_since_releases_share_venvs(line: str) -> None:
    error = refused({**APP, "requirements.txt": f"flask\n{line}\n"})
    assert str(error) == f"requirements.txt, line 2: '{line}' installs from a local folder, but releases share venvs"
    assert "git+https" in error.hint


@pytest.mark.parametrize("option", ["-r", "-c", "--constraint"])
def test_a_local_folder_in_an_included_file_is_refused_with_that_file(option: str) -> None:
    files = {"requirements.txt": f"flask \\\n  >= 3\n{option} sub/more.txt\n", "sub/more.txt": "-r last.txt\n"}
    error = refused({**APP, **files, "sub/last.txt": "idna \\\n  >= 3\n./lib\n"})
    assert str(error).startswith("sub/last.txt, line 3: './lib' installs from a local folder")


PUBLIC = [
    *("flask", "flask[async]>=3 ; sys_platform == 'linux/x'", "a @ https://x/y.whl", "-e git+https://x/y.git#egg=y"),
    *("git+ssh://git@x/y.git", "https://x/y.tar.gz#egg=y", "x==1 --hash=sha256:a/b", "--index-url https://x/simple"),
    *("--find-links=wheels/", "x @ git+https://x/y.git@main#subdirectory=a/b"),
]


@pytest.mark.parametrize("line", PUBLIC)
def test_what_comes_from_an_index_or_a_server_is_no_local_folder(line: str) -> None:
    assert found({**APP, "requirements.txt": f"{line}\n"})


BEGIN = "[project]\ndependencies = ['lib']\n"
LOCKED = 'version = 1\n[[package]]\nname = "app"\nsource = { virtual = "." }\n[[package]]\nname = "lib"\n'


@pytest.mark.parametrize(
    ("project", "lock", "place"),
    [
        (BEGIN + "[tool.uv.workspace]\nmembers = ['libs/*']\n", None, "pyproject.toml, line 3: [tool.uv.workspace]"),
        (BEGIN + "[tool.uv.sources]\nlib = { path = 'libs/lib' }\n", None, "pyproject.toml, line 2: lib in"),
        (BEGIN + "[tool.uv.sources]\nmine = { workspace = true }\n", "", "pyproject.toml, line 4: mine in"),
        (BEGIN + "[tool.uv.sources]\nmine = [{ path = 'x' }]\n", "", "pyproject.toml, line 4: mine in"),
        ("[project]\ndependencies = [\n'x @ file:x']\n", None, "pyproject.toml, line 3: 'x @ file:x'"),
        (BEGIN, LOCKED + 'source = { editable = "libs/lib" }\n', "uv.lock, line 7: lib (libs/lib)"),
        (BEGIN, LOCKED + 'source = { directory = "../lib" }\n', "uv.lock, line 7: lib (../lib)"),
        (BEGIN, LOCKED + 'source = { virtual = "libs/lib" }\n', "uv.lock, line 7: lib (libs/lib)"),
        (BEGIN, LOCKED + 'source = { path = "lib-1-py3-none-any.whl" }\n', "uv.lock, line 7: lib (lib-1"),
    ],
)
def test_a_project_that_takes_a_package_from_a_folder_is_refused(project: str, lock: str | None, place: str) -> None:
    files = {**APP, "pyproject.toml": project, **({} if lock is None else {"uv.lock": lock})}
    error = refused(files)
    assert str(error).startswith(place)
    assert "installs from a local folder, but releases share venvs" in str(error)


def test_a_locked_project_may_be_its_own_package() -> None:
    for source in ("virtual", "editable"):
        lock = LOCKED.replace("virtual", source) + 'source = { registry = "https://x/simple" }\n'
        assert found({**APP, "pyproject.toml": BEGIN, "uv.lock": lock})


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
        ({"pyproject.toml": "[project]\n", "uv.lock": "", "requirements.txt": ""}, "uv", ("pyproject.toml",)),
        ({"pyproject.toml": "[project]\ndependencies = []", "poetry.lock": ""}, "pyproject", ("pyproject.toml",)),
        ({"pyproject.toml": "[tool.black]"}, "none", ()),
        ({}, "none", ()),
    ],
)
def test_the_best_file_there_is_is_taken(files: dict[str, str], kind: str, roots: tuple[str, ...]) -> None:
    requirements = found({**APP, **files}).requirements
    assert (requirements.kind, requirements.roots) == (kind, roots)


def test_a_locked_project_depends_on_both_files_and_only_on_its_own_names() -> None:
    project = "[project]\ndependencies = ['Flask>=3', 'gunicorn']\n[dependency-groups]\ndev = ['uvicorn-worker']\n"
    detected = found({**APP, "pyproject.toml": project, "uv.lock": "x"})
    assert detected.requirements.files == ("pyproject.toml", "uv.lock")
    assert detected.requirements.names == {"flask", "gunicorn"}
    assert detected.servers == ()


@pytest.mark.parametrize(("lock", "command"), [("poetry.lock", "poetry export"), ("Pipfile", "pipenv requirements")])
def test_a_lock_that_cannot_be_installed_from_is_refused_with_the_command_that_helps(lock: str, command: str) -> None:
    error = refused({**APP, lock: "", "pyproject.toml": "[tool.poetry]"})
    assert str(error) == f"cannot install from {lock} alone"
    assert command in error.hint


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


@pytest.mark.parametrize("name", ["gunicorn.conf.py", ".env", ".flaskenv", ".python-version", "runtime.txt"])
def test_a_file_that_is_not_used_is_told(name: str) -> None:
    assert [note for note in found({**APP, name: ""}).notes if note.startswith(f"{name} is not used")]


def test_a_committed_database_is_told_unless_it_is_linked() -> None:
    files = {**APP, "data/shop.sqlite3": ""}
    assert any(note.startswith("data/shop.sqlite3 is committed: ") for note in found(files).losses)
    assert found(files, linked_dirs=("data",)).losses == ()
