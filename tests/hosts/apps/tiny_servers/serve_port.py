"""A server that listens on a port, and drops what it works on when it is told to end."""

import os
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from app import app


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Handler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


server = Server((os.environ.get("ADDRESS", "127.0.0.1"), int(os.environ["PORT"])), Handler)
server.set_app(app)
server.serve_forever()
