import os
import socket

from flask import Flask

app = Flask(__name__)


@app.get("/")
def home():
    release = os.environ.get("SLIPWAY_RELEASE", "development")
    return f"<!doctype html><title>Hello</title><h1>Hello from Flask on {socket.gethostname()}</h1><p>{release}</p>\n"


@app.get("/healthz")
def healthz():
    return {"status": "ok"}
