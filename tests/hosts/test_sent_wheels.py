"""Hosts without an index install from wheels that were got once, on this machine."""

from __future__ import annotations

import pytest

from tests.hosts.conftest import NewProject
from tests.hosts.test_builds import wheel

ON = ("lab1", "lab2")
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


@pytest.mark.usefixtures("needs_root")
def test_dependencies_are_got_once_for_all_hosts_which_ask_no_index(new_project: NewProject) -> None:
    project = new_project("offline", on=ON, processes={"web": "python serve.py"}, uploads=["wheels"])
    (project.folder / "quiet-1-py3-none-any.whl").write_bytes(wheel({"quiet.py": "TEXT = 'from a wheel'"}, "quiet"))
    got = f"mkdir wheels && cp {project.folder}/quiet-1-py3-none-any.whl wheels/ && echo got >> {project.folder}/count"
    project.configure(build={"local": [got], "wheels": "wheels"})
    project.write("requirements.txt", "quiet==1\n")
    project.write("serve.py", SERVE)
    project.commit("Serve")
    # Where nobody answers: uv fails if it asks.
    no_index = "[[index]]\nurl = 'http://127.0.0.1:9/simple'\ndefault = true\n"
    for host in ON:
        project.hosts.on(host, "mkdir -p /etc/uv && { [ ! -e /etc/uv/uv.toml ] || cp /etc/uv/uv.toml /etc/uv/kept; }")
        project.hosts.on(host, "cat > /etc/uv/uv.toml", no_index.encode())
    try:
        project.deploy()
        assert [page["text"] for page in project.pages()] == ["from a wheel"] * 2
        assert (project.folder / "count").read_text() == "got\n"
        project.configure(build=None, uploads=None)
        project.edit("requirements.txt", "quiet==1\n# as usual\n")
        assert "quiet" in project.failing().text
    finally:
        for host in ON:
            project.hosts.on(host, "rm /etc/uv/uv.toml; [ ! -e /etc/uv/kept ] || mv /etc/uv/kept /etc/uv/uv.toml")
