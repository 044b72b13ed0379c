"""A folder without __init__.py whose modules import each other by its name."""

from api.words import HELLO
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def hello() -> str:
    """Say hello."""
    return HELLO
