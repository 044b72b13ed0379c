import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.release = os.environ.get("SLIPWAY_RELEASE", "development")
    yield


app = FastAPI(title="hello", lifespan=lifespan)


@app.get("/")
async def home() -> dict[str, str]:
    return {"hello": "from FastAPI", "host": socket.gethostname(), "release": app.state.release}


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}
