"""A package index for tests: asks for a name and a password, if it is given any, and logs each request by its path.

Runs on a host: `python3 index_server.py FOLDER PORT`; FOLDER holds wheels and source archives. INDEX_LOGIN in its
environment is USER:PASSWORD, or empty.
"""

from __future__ import annotations

import base64
import os
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Index(BaseHTTPRequestHandler):
    folder, login = "", ""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        asked = "Basic " + base64.b64encode(self.login.encode()).decode()
        if self.login and self.headers.get("Authorization") != asked:
            self.answer(401, b"")
            return
        name = self.path.rstrip("/").rpartition("/")[2]
        if self.path.startswith("/simple/"):
            found = [file for file in sorted(os.listdir(self.folder)) if re.split("-[0-9]", file)[0] == name]
            page = "".join(f'<a href="/files/{file}">{file}</a>' for file in found)
            self.answer(200 if found else 404, page.encode(), "text/html")
        elif os.path.isfile(os.path.join(self.folder, name)) and self.path == f"/files/{name}":
            with open(os.path.join(self.folder, name), "rb") as file:
                self.answer(200, file.read())
        else:
            self.answer(404, b"")

    def answer(self, code: int, body: bytes, kind: str = "application/octet-stream") -> None:
        self.send_response(code)
        if code == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        with open(f"{self.folder}.log", "a", encoding="utf-8") as log:
            print(format % words, file=log)


if __name__ == "__main__":
    Index.folder, Index.login = sys.argv[1], os.environ.get("INDEX_LOGIN", "")
    with open(f"{Index.folder}.pid", "w", encoding="ascii") as pid:
        pid.write(str(os.getpid()))
    ThreadingHTTPServer(("", int(sys.argv[2])), Index).serve_forever()
