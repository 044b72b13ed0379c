"""A network of some length: forwards TCP connections and holds every byte back for half a round trip.

`python delay.py SECONDS LISTEN_PORT ADDRESS:PORT...` listens on LISTEN_PORT of each address. Where the kernel has
netem it does the same better; many machines and most CI have none. What a connection's set-up costs is held back too.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Copy a stream; each piece leaves `delay` seconds after it came, and keeps its order."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def send() -> None:
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    sending = asyncio.create_task(send())
    try:
        while data := await reader.read(1 << 16):
            queue.put_nowait((loop.time() + delay, data))
    except ConnectionError:
        pass
    queue.put_nowait((loop.time() + delay, b""))
    await asyncio.gather(sending, return_exceptions=True)


def forward(address: str, port: int, delay: float) -> Serve:
    """Serve one connection: one and a half times `2 * delay` passes before the server hears of it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3 * delay)
        far_reader, far_writer = await asyncio.open_connection(address, port)
        await asyncio.gather(pump(reader, far_writer, delay), pump(far_reader, writer, delay))

    return serve


async def main(trip: float, port: int, places: list[str]) -> None:
    """Listen at every place until killed."""
    for place in places:
        address, _, target = place.rpartition(":")
        await asyncio.start_server(forward(address, int(target), trip / 2), address, port)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
