"""Hosts without an index install from wheels that were got once, on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.project import Project
from tests.hosts.test_builds import wheel

ON = ("lab1", "lab2", "lab3")
PORT = 8098
SERVE = """
import os, socket
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
import app, quiet

class Server(WSGIServer):
    address_family = socket.AF_UNIX
    def server_bind(self):
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "app", 0
        self.setup_environ()
    def get_request(self):
        return self.socket.accept()[0], ("", 0)

server = Server(os.environ["SOCKET"], WSGIRequestHandler)
server.set_app(app.app)
app.TEXT = quiet.TEXT
server.serve_forever()
"""


@pytest.fixture
def project(new_project: NewProject) -> Iterator[Project]:
    """An app whose hosts know one index, which counts what it is asked for."""
    project = new_project("offline", on=ON, processes={"web": "python serve.py"})
    address = project.hosts.on("lab1", "hostname -I").split()[0]
    links = ""
    project.hosts.on("lab1", "mkdir -p /opt/counted/simple/quiet")
    for version in ("1", "2"):
        name, text = f"quiet-{version}-py3-none-any.whl", {"quiet.py": "TEXT = 'from the index'"}
        project.hosts.on("lab1", f"cat > /opt/counted/{name}", wheel(text, "quiet", version))
        links += f'<a href="/{name}">{name}</a>'
    project.hosts.on("lab1", "cat > /opt/counted/simple/quiet/index.html", links.encode())
    serve = f"echo $$ > pid; exec python3 -u -m http.server {PORT} 2> log"
    project.hosts.on("lab1", f"cd /opt/counted && setsid -f sh -c '{serve}' > /dev/null 2>&1 < /dev/null")
    index = f"[[index]]\nurl = 'http://{address}:{PORT}/simple'\ndefault = true\n"
    for host in ON:
        project.hosts.on(host, "mkdir -p /etc/uv && { [ ! -e /etc/uv/uv.toml ] || cp /etc/uv/uv.toml /etc/uv/kept; }")
        project.hosts.on(host, "cat > /etc/uv/uv.toml", index.encode())
    project.write("serve.py", SERVE)
    yield project
    for host in ON:
        project.hosts.on(host, "rm /etc/uv/uv.toml; [ ! -e /etc/uv/kept ] || mv /etc/uv/kept /etc/uv/uv.toml")
    project.hosts.on("lab1", "kill $(cat /opt/counted/pid); rm -r /opt/counted")


def asked(project: Project) -> int:
    """How many requests the index has got since it was asked for that."""
    return int(project.hosts.on("lab1", "grep -c GET /opt/counted/log || true; : > /opt/counted/log"))


@pytest.mark.usefixtures("needs_root")
def test_dependencies_are_got_once_for_all_hosts_which_ask_no_index(project: Project) -> None:
    project.edit("requirements.txt", "quiet==1\n")
    project.deploy()
    by_all = asked(project)
    print(f"{by_all} requests for {len(ON)} hosts")
    assert by_all >= 2 * len(ON)
    assert by_all % len(ON) == 0
    (project.folder / "quiet-2-py3-none-any.whl").write_bytes(wheel({"quiet.py": "TEXT = 'from here'"}, "quiet", "2"))
    got = f"mkdir wheels && cp {project.folder}/quiet-2-py3-none-any.whl wheels/ && echo got >> {project.folder}/count"
    project.configure(uploads=["wheels"], build={"local": [got], "wheels": "wheels"})
    project.edit("requirements.txt", "quiet==2\n")
    project.deploy()
    assert [page["text"] for page in project.pages()] == ["from here"] * len(ON)
    assert (project.folder / "count").read_text() == "got\n"
    assert asked(project) == 0
    assert project.fab("env.set", "X=1").code == 0
    assert asked(project) == 0
    assert [page["text"] for page in project.pages()] == ["from here"] * len(ON)
