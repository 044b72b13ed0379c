"""The app of app.py for servers of ASGI: it answers the same."""

import asyncio
import json
import os
from urllib.parse import parse_qs


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    asked, read, more = parse_qs(scope["query_string"].decode()), 0, True
    while more:
        message = await receive()
        read, more = read + len(message.get("body", b"")), message.get("more_body", False)
    if scope["path"] == "/slow":
        await asyncio.sleep(min(float(asked.get("s", ["1"])[0]), 20))
        open(__file__).close()  # a release that ends still needs its files
    answer = {
        "release": os.environ.get("SLIPWAY_RELEASE", ""),
        "path": scope["path"],
        "read": read,
        "pid": os.getpid(),
        "scheme": scope["scheme"],
    }
    data = json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": data})
