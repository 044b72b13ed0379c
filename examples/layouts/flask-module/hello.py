"""An object in a module with a name of its own."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    return "Hello from flask-module"
