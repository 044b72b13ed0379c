"""Apps of many layouts, with no setting but a name, come up through the same path: deployed twice, and rolled back."""

from __future__ import annotations

import shutil

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import ROOT, Project

HOST = "lab1"
LAYOUTS = ROOT / "examples" / "layouts"
# One venv for all of them, or each would be built: an app reuses the venv of the same requirements.
EVERYTHING = "bottle\ndjango\nfalcon\nfastapi\nflask\ngunicorn\nlitestar\npyramid\nquart\nstarlette\nuvicorn-worker\n"
# Those that differ in what runs on hosts; tests/detect/test_layouts.py has all of them.
NAMES = (
    "django-src",
    "falcon-asgi",
    "fastapi-package",
    "flask-factory",
    "flask-src",
    "litestar",
    "monorepo",
    "plain-asgi",
    "plain-wsgi",
    "pyramid-ini",
    "procfile-port",
    "procfile",
)


@pytest.fixture(scope="module")
def site(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """An app whose repository becomes one layout after the other."""
    folder = tmp_path_factory.mktemp("layouts")
    (folder / "README").write_text("nothing yet\n")
    return new_project("layouts", folder, env={"SECRET_KEY": {"generate": 50}})


def become(site: Project, name: str) -> None:
    """Make the repository an example's, with requirements that all examples share."""
    site.git("rm", "-rqf", ".")
    shutil.copytree(LAYOUTS / name, site.repo, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for path in {*site.repo.rglob("requirements.txt"), site.repo / "requirements.txt"}:
        path.write_text(EVERYTHING)
    site.commit(f"Become {name}")


@pytest.mark.parametrize("name", NAMES)
def test_a_layout_is_served_deployed_again_and_rolled_back(site: Project, name: str) -> None:
    become(site, name)
    site.deploy()
    first = site.current(HOST)
    assert hello(site) == f"Hello from {name}"
    site.edit("NEWS", f"Something new in {name}\n")
    site.deploy()
    assert hello(site) == f"Hello from {name}"
    run = site.fab("rollback")
    assert run.code == 0, run.text
    assert site.current(HOST) == first
    assert hello(site) == f"Hello from {name}"


def test_the_processes_of_a_procfile_run_and_its_release_command_has_run(site: Project) -> None:
    """The repository is that of the last layout."""
    assert "tables made" in site.deploy("--verbose").text
    assert "no mails" in site.fab("logs", "--process=worker").text
    assert site.fab("restart", "--process=worker").code == 0
    assert site.fab("scale", "--process=worker", "--count=2").code == 0
    assert site.fab("ps", "--json").text.count('"worker') >= 2


def hello(site: Project) -> str:
    """What the site answers, without quotes of JSON."""
    answer = site.get(HOST)
    assert answer.status == 200, answer.text
    return answer.text.strip().strip('"')


NOISE = """import atexit
atexit.register(lambda: print("SETTING = 1\\n" * 3000 + "SECRET_KEY = 'hush-hush'", flush=True))
"""
CAUSES = {
    "import os\nURL = os.environ['QUEUE' + '_URL']\n": "needs QUEUE_URL in its environment",
    "import rest_framework\n": "add djangorestframework",
    "open('notes.txt', 'w')\n": 'linked_files = ["notes.txt"]',
    "from importlib.metadata import version\nversion('shop')\n": "metadata of the package shop",
}


@pytest.mark.parametrize("code", CAUSES)
@pytest.mark.parametrize("name", ["flask-factory", "litestar"])
def test_an_app_that_cannot_be_loaded_says_why_although_pages_follow(site: Project, name: str, code: str) -> None:
    become(site, name)
    path = "shop/__init__.py" if name == "flask-factory" else "app.py"
    text = (site.repo / path).read_text()
    site.edit(path, f"{NOISE}{code}{text}")
    run = site.failing()
    assert CAUSES[code] in run.err
    assert "Error" in run.err.split("SETTING")[0], "the exception stands above what follows it"
    assert "hush" not in run.text
