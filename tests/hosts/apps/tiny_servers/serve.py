"""A server of the app's own that drops what it works on when it is told to end."""

import os
from socketserver import ThreadingMixIn, UnixStreamServer
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from app import app


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128
    address_family = UnixStreamServer.address_family

    def server_bind(self):
        UnixStreamServer.server_bind(self)
        self.server_name, self.server_port = "localhost", 80
        self.setup_environ()


class Handler(WSGIRequestHandler):
    def address_string(self):
        return "nginx"

    def get_environ(self):
        self.client_address = ("127.0.0.1", 0)
        return super().get_environ()

    def log_message(self, *_):
        pass


server = Server(os.environ["SOCKET"], Handler)
server.set_app(app)
server.serve_forever()
