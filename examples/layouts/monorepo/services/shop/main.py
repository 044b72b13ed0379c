"""A service; what it depends on stands at the top of the repository."""

from flask import Flask
from words import HELLO

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    return HELLO
